"""What the tests' Dovecot is told: one configuration for root (then all of it runs as ``nobody``) and for a plain user."""

from collections.abc import Sequence
from pathlib import Path

from tests.servers.processes import plain_user

CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {name}
log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 50
mailbox_idle_check_interval = 1s
recipient_delimiter = +
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%Lu {folder}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%Lu {folder}/users
  default_fields = uid={user} gid={group} home={folder}/mail/%Lu
}}
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  user = {user}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""
QUOTAS = """\
quota_full_tempfail = yes
mail_plugins = quota
plugin {
  quota = maildir:User quota
}"""
NO_FSYNC = "mail_fsync = never"
OAUTH2 = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
"""
INTROSPECTION = """introspection_mode = get
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
use_grant_password = no
debug = no
rawlog_dir =
"""


def write_configuration(
    folder: Path, *, imap_port: int, imaps_port: int, lmtp_port: int, introspect_url: str, settings: Sequence[str]
) -> Path:
    """``introspect_url`` switches OAuth2 on; ``settings`` are more lines."""
    user, group = plain_user()
    text = CONFIGURATION.format(
        folder=folder,
        name=folder.name,
        user=user,
        group=group,
        imap_port=imap_port,
        imaps_port=imaps_port,
        lmtp_port=lmtp_port,
        mechanisms="plain login xoauth2 oauthbearer" if introspect_url else "plain login",
    )
    if introspect_url:
        (folder / "oauth2.conf").write_text(INTROSPECTION.format(url=introspect_url))
        text += OAUTH2.format(folder=folder)
    path = folder / "dovecot.conf"
    path.write_text(text + "\n".join(settings) + "\n")
    return path
