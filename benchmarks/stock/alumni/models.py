"""One table of the template's 20 columns with a unique serial number, and its history."""

from django.db import models
from simple_history.models import HistoricalRecords


class Alumnus(models.Model):
    serial_number = models.CharField("流水號", max_length=20, unique=True)
    student_number = models.CharField("學號", max_length=20, blank=True)
    chinese_name = models.CharField("中文姓名", max_length=100)
    english_name = models.CharField("英文姓名", max_length=100, blank=True)
    sex = models.CharField("性別", max_length=10, blank=True)
    national_id = models.CharField("身分證字號", max_length=20)
    birthday = models.DateField("生日", null=True)
    email = models.CharField("電子郵件", max_length=254)
    landline = models.CharField("聯絡電話", max_length=40, blank=True)
    mobile = models.CharField("行動電話", max_length=40, blank=True)
    country = models.CharField("所在國家", max_length=40, blank=True)
    city = models.CharField("城市", max_length=40, blank=True)
    postal_code = models.CharField("郵遞區號", max_length=10, blank=True)
    address = models.CharField("聯絡住址", max_length=300, blank=True)
    other_address = models.CharField("其他住址", max_length=300, blank=True)
    programme = models.CharField("畢業系所", max_length=100, blank=True)
    graduation_date = models.DateField("畢業日期", null=True, blank=True)
    enrolment_status = models.CharField("在學狀態", max_length=40, blank=True)
    current_identity = models.CharField("目前身分", max_length=40, blank=True)
    class_name = models.CharField("班級資料", max_length=60, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "校友"

    def __str__(self) -> str:
        return f"{self.serial_number} {self.chinese_name}"
