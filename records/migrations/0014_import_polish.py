import django.db.models.deletion
from django.db import migrations, models


def plan_again(apps, schema_editor):
    """A plan made before this does not know what it saw last: it is made again before anybody confirms it."""
    batches = apps.get_model("records", "ImportBatch").objects.filter(state="planned")
    batches.update(needs_plan=True)


class Migration(migrations.Migration):
    dependencies = [("records", "0013_said_since_the_plan")]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="refusal",
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="history_seen",
            field=models.JSONField(default=dict),
        ),
        migrations.RunPython(plan_again, migrations.RunPython.noop),
        migrations.AddField(
            model_name="importdecision",
            name="other_row",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="importdecision",
            name="kind",
            field=models.CharField(
                choices=[
                    ("person", "是這位校友"),
                    ("row", "與檔案中的另一列是同一人"),
                    ("new", "新校友"),
                    ("out", "不匯入"),
                    ("withdrawn", "取消先前的決定"),
                    ("programme", "畢業系所"),
                ],
                max_length=10,
                verbose_name="決定",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="refused_batch",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="goes_on_as",
                to="records.importbatch",
                verbose_name="退回的批次",
            ),
        ),
    ]
