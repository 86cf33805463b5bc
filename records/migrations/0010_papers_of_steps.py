"""A paper belongs to the step that brought it, so that a waiting request can get further ones (補件)."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def to_steps(apps, schema_editor):
    requests = apps.get_model("records", "ChangeRequest").objects.exclude(evidence="")
    events = apps.get_model("records", "ChangeRequestEvent").objects
    papers = requests.filter(pk=OuterRef("request")).values("evidence")
    submissions = events.filter(step="submitted", request__in=requests.values("pk"))
    submissions.update(evidence=Subquery(papers))


def to_requests(apps, schema_editor):
    requests = apps.get_model("records", "ChangeRequest").objects
    papers = apps.get_model("records", "ChangeRequestEvent").objects.exclude(evidence="")
    first = papers.filter(request=OuterRef("pk")).order_by("pk").values("evidence")[:1]
    requests.filter(pk__in=papers.values("request")).update(evidence=Subquery(first))


class Migration(migrations.Migration):
    dependencies = [("records", "0009_raw_delivery")]

    operations = [
        migrations.AddField(
            model_name="changerequestevent",
            name="evidence",
            field=models.FileField(blank=True, max_length=80, upload_to="", verbose_name="佐證"),
        ),
        migrations.RunPython(to_steps, to_requests),
        migrations.RemoveField(model_name="changerequest", name="evidence"),
        migrations.AlterField(
            model_name="changerequestevent",
            name="step",
            field=models.CharField(
                choices=[
                    ("submitted", "提出申請"),
                    ("supplemented", "補件"),
                    ("taken", "開始審核"),
                    ("freed", "放回等待"),
                    ("evidence_taken", "下載佐證"),
                    ("approved", "核准"),
                    ("partly", "部分核准"),
                    ("returned", "退回"),
                    ("refused", "不予核准"),
                    ("overtaken", "以目前的資料結案"),
                    ("withdrawn", "申請人撤回"),
                ],
                max_length=15,
                verbose_name="事項",
            ),
        ),
    ]
