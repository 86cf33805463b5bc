"""The pages of the department contacts, below /alumni/. Each one stands in tests/project/url_table.py."""

from django.urls import path

from .views.acts import ObjectionView, RemarkView, WithdrawalView
from .views.batch import BatchChangeView, BatchView
from .views.editing import CheckView, EditView
from .views.home import HomeView
from .views.people import ConfirmView, PersonView, SearchView
from .views.verifying import VerifyView

app_name = "records"
urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("search/", SearchView.as_view(), name="search"),
    path("people/<int:object_id>/", PersonView.as_view(), name="person"),
    path("people/<int:object_id>/confirm/", ConfirmView.as_view(), name="person_confirm"),
    path("people/<int:object_id>/verify/", VerifyView.as_view(), name="person_verify"),
    path("people/<int:object_id>/edit/", EditView.as_view(), name="person_edit"),
    path("people/<int:object_id>/check/<slug:attribute>/", CheckView.as_view(), name="person_check"),
    path("people/<int:object_id>/objection/", ObjectionView.as_view(), name="person_objection"),
    path("people/<int:object_id>/withdrawal/", WithdrawalView.as_view(), name="person_withdrawal"),
    path("people/<int:object_id>/remark/", RemarkView.as_view(), name="person_remark"),
    path("batch/", BatchView.as_view(), name="batch"),
    path("batch/change/", BatchChangeView.as_view(), name="batch_change"),
]
