from config.services.static import collect_static


def test_static_files_are_collected_once(own_home, settings):
    settings.STATIC_ROOT = str(own_home / "static")

    assert collect_static() is True
    assert collect_static() is False
    assert any((own_home / "static").rglob("*.css"))
