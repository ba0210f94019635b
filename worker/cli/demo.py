"""navette demo: the main job on this machine, with made-up people and real mails."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.terminal import NotFound, errors, out


class MailClient(StrEnum):
    IPHONE = "iphone"
    OUTLOOK = "outlook"
    GMAIL = "gmail"
    THUNDERBIRD = "thunderbird"


app = typer.Typer(help="The main job, end to end, with made-up people and real mails.", no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="Where the demo keeps everything.")]


@app.command()
def run(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running, to play Sophie.")] = False,
    folder: Folder = Path("demo-data"),
) -> None:
    """Play the story; exit code 0 only when every step really happened."""
    from worker.demo.stage import StoryBroke, set_stage
    from worker.demo.story import Story, write_mails

    out.rule("Navette: the main job, end to end")
    try:
        stage = set_stage(folder.absolute())
    except StoryBroke as fault:
        raise NotFound(str(fault)) from fault
    try:
        story = Story(stage, out)
        story.play()
        mails = write_mails(stage, stage.folder / "mails")
        out.rule(f"{story.steps} steps, all seen in the database and in the mailboxes")
        say_what_next(stage.folder, stage.world.port, len(mails), keep=keep)
        if keep:
            wait_for_interrupt()
    except StoryBroke as fault:
        errors.tell(f"The story broke: {fault}", style="bold red")
        raise typer.Exit(1) from fault
    finally:
        stage.close()


def type_of(file: Path) -> str:
    import mimetypes

    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def say_what_next(folder: Path, port: int, mails: int, *, keep: bool) -> None:
    from worker.demo.stage import SOPHIE

    out.tell(f"{mails} mails as .eml and .html: {folder / 'mails'}")
    if not keep:
        out.tell("Try next: make demo KEEP=1, then play Sophie with mutt or `.venv/bin/navette demo reply`.")
        return
    settings = {
        "smtp_url": f"smtp://127.0.0.1:{port}/",
        "from": SOPHIE,
        "realname": "Sophie Martin",
        "ssl_starttls": "no",
        "ssl_force_tls": "no",
        "use_from": "yes",
        "envelope_from_address": SOPHIE,
        "use_envelope_from": "yes",
        "record": "",
    }
    words = " ".join(f"-e 'set {name}=\"{value}\"'" for name, value in settings.items())
    out.tell("It keeps running; stop it with Ctrl-C. In another terminal:")
    mutt = f"  mutt {words} -f {folder / 'mailboxes' / SOPHIE}"
    out.tell(mutt)
    out.tell('  .venv/bin/navette demo reply "Voici l\'extrait."')
    out.tell("  .venv/bin/navette demo show")


def wait_for_interrupt() -> None:
    import signal

    numbers = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    signal.sigwait(numbers)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


@app.command()
def reply(
    text: Annotated[str, typer.Argument(help="What Sophie writes.")],
    *,
    file: Annotated[list[Path] | None, typer.Option(help="A file she attaches.", exists=True, dir_okay=False)] = None,
    client: Annotated[MailClient, typer.Option(help="Which mail program she writes with.")] = MailClient.IPHONE,
    folder: Folder = Path("demo-data"),
) -> None:
    """Answer the newest mail in Sophie's mailbox, in her name, while `make demo KEEP=1` runs."""
    from worker.demo.stage import SOPHIE, StoryBroke, remembered
    from worker.demo.story import submit
    from worker.demo.world_attachments import AttachedFile
    from worker.demo.world_clients import reply_from
    from worker.demo.world_mailboxes import Mailboxes

    try:
        state = remembered(folder.absolute())
    except StoryBroke as fault:
        raise NotFound(str(fault)) from fault
    mails = Mailboxes(folder.absolute() / "mailboxes").mails_of(SOPHIE)
    files = [AttachedFile(name=each.name, media_type=type_of(each), content=each.read_bytes()) for each in file or []]
    try:
        submit(reply_from(client, mails[-1], text, files=files), SOPHIE, int(str(state["relay_port"])))
    except (OSError, ValueError) as fault:
        raise NotFound(f"the demo does not take it: {fault}; is `make demo KEEP=1` running?") from fault
    out.tell("sent; `navette demo show` shows the conversation")


@app.command()
def show(*, folder: Folder = Path("demo-data")) -> None:
    """The conversations of the running demo, as Anne sees them."""
    from storage.records import PersonId
    from worker.cli.views import print_conversation
    from worker.demo.stage import StoryBroke, forget_firm, open_demo_house, remembered
    from worker.flows.reading import ConversationView, Which, list_conversations, read_conversation

    try:
        state = remembered(folder.absolute())
    except StoryBroke as fault:
        raise NotFound(str(fault)) from fault
    environment = state["environment"]
    assert isinstance(environment, dict)
    forget_firm(environment)
    house = open_demo_house()
    for line in list_conversations(house, by=PersonId(1), which=Which.ALL):
        view = read_conversation(house, by=PersonId(1), conversation_id=line.conversation.id)
        assert isinstance(view, ConversationView)
        print_conversation(view, full=False)
        out.print("")
