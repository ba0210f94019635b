"""django-helpdesk's ``get_email`` on a mailbox: an environment of its own below the folder of peers, its Django project
in a scratch folder, SQLite.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HELPDESK = ("django-helpdesk==2.6.1", "Django==5.2.19")

SETTINGS = """
import os
HERE = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY = "of the benchmark"
DEBUG = False
USE_TZ = True
SITE_ID = 1
ROOT_URLCONF = "urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
MEDIA_ROOT = os.path.join(HERE, "media")
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
LOGIN_REDIRECT_URL = "/"
HELPDESK_TEAMS_MODE_ENABLED = False
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.sites", "django.contrib.humanize",
    "rest_framework", "django_cleanup.apps.CleanupConfig", "helpdesk",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(HERE, "db.sqlite3")}}
"""

URLS = """
from django.urls import include, path
urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
"""

FILE = """
import json, os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.core.management import call_command
from helpdesk.models import FollowUp, FollowUpAttachment, Queue, Ticket
given = json.loads(sys.argv[1])
call_command("migrate", verbosity=0)
Queue.objects.all().delete()
Queue.objects.create(
    title="Office", slug="office", email_address="office@firm.example", allow_email_submission=True,
    email_box_type="imap", email_box_host="127.0.0.1", email_box_port=given["port"], email_box_ssl=False,
    email_box_user=given["user"], email_box_pass=given["password"], email_box_imap_folder="INBOX",
    email_box_interval=0, logging_type="none",
)
since, spent = time.perf_counter(), time.process_time()
call_command("get_email", quiet=True)
seconds = time.perf_counter() - since
print(json.dumps({"seconds": seconds, "cpu": time.process_time() - spent, "tickets": Ticket.objects.count(),
                  "followups": FollowUp.objects.count(), "files": FollowUpAttachment.objects.count()}))
"""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What it made of the mailbox."""

    seconds: float
    cpu: float
    tickets: int
    followups: int
    files: int


def get_email(peers: Path, folder: Path, *, port: int, user: str, password: str) -> Taken:
    python = environment_of(peers)
    folder.mkdir()
    for name, text in (("settings.py", SETTINGS), ("urls.py", URLS), ("file.py", FILE)):
        (folder / name).write_text(text)
    given = json.dumps({"port": port, "user": user, "password": password})
    told = subprocess.run([python, "file.py", given], cwd=folder, check=True, capture_output=True, text=True)
    return Taken(**json.loads(told.stdout.splitlines()[-1]))


def environment_of(peers: Path) -> str:
    home = peers / "django-helpdesk"
    if not (home / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "-q", *HELPDESK], check=True)
    return str(home / "bin" / "python")
