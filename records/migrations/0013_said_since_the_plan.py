from django.db import migrations, models


def plan_again(apps, schema_editor):
    """Plans that wait may not tell of what was decided before it was kept whom each decision was about."""
    ImportBatch = apps.get_model("records", "ImportBatch")
    for model in ("ImportDecision", "ImportCorrection"):
        answered = apps.get_model("records", model).objects.values("batch")
        ImportBatch.objects.filter(state="planned", pk__in=answered).update(needs_plan=True)


class Migration(migrations.Migration):
    dependencies = [("records", "0012_leases_of_undos_and_deliveries")]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="needs_plan",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="returned_rows",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="importdecision",
            name="identity",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.RunPython(plan_again, migrations.RunPython.noop),
    ]
