import pytest
from django.contrib.auth import get_user_model

from config.embedded.errors import StackError
from config.services.owner import ensure_owner, first_login_file

pytestmark = pytest.mark.django_db


def user(name: str = "admin"):
    return get_user_model().objects.get(username=name)


def test_the_first_login_is_made_up_and_kept(own_home):
    login = ensure_owner()

    assert login.is_new
    assert user().check_password(login.password)
    assert first_login_file().read_text() == f"admin\n{login.password}\n"
    assert first_login_file().stat().st_mode & 0o777 == 0o600


def test_the_first_login_is_told_again_until_it_is_changed(own_home):
    first = ensure_owner()

    again = ensure_owner()

    assert (again.password, again.is_new) == (first.password, False)


def test_a_changed_password_is_no_longer_ours_to_tell(own_home):
    ensure_owner()
    owner = user()
    owner.set_password("my own")
    owner.save()

    assert ensure_owner() is None
    assert not first_login_file().exists()


def test_name_and_password_can_be_chosen(own_home, settings):
    settings.ADMIN_USER, settings.ADMIN_PASSWORD = "ann", "a password of mine"

    login = ensure_owner()

    assert (login.username, login.password) == ("ann", None)
    assert user("ann").check_password("a password of mine")
    assert not first_login_file().exists()


def test_a_plain_user_of_that_name_is_not_made_an_administrator(own_home):
    get_user_model().objects.create_user(username="Admin", password="x")

    with pytest.raises(StackError, match="Set VIDEOTHEK_ADMIN_USER"):
        ensure_owner()
