from config.crowd import Crowd, is_kept, is_quick


def test_nobody_waits_in_an_empty_crowd():
    crowd = Crowd(threads=2, patience_seconds=5)

    assert (crowd.expected_seconds(), crowd.is_full(), len(crowd)) == (0.0, False, 0)


def test_a_crowd_is_full_when_those_before_would_take_longer_than_its_patience():
    crowd = Crowd(threads=2, patience_seconds=5)
    for _ in range(100):
        crowd.took(1.0)
    for _ in range(9):
        crowd.arrived()
    nine_are_full = crowd.is_full()

    for _ in range(2):
        crowd.arrived()

    assert (nine_are_full, crowd.is_full()) == (False, True)


def test_a_crowd_empties_as_threads_take_from_it():
    crowd = Crowd(threads=1, patience_seconds=5)
    crowd.took(1000.0)
    crowd.arrived()
    was_full = crowd.is_full()

    waited = crowd.began()

    assert (was_full, crowd.is_full(), waited >= 0) == (True, False, True)


def test_a_crowd_is_full_when_its_first_one_waits_too_long_though_requests_were_quick_so_far():
    crowd = Crowd(threads=4, patience_seconds=0)

    crowd.arrived()

    assert crowd.is_full()


def test_one_slow_request_does_not_make_a_crowd():
    crowd = Crowd(threads=24, patience_seconds=5)

    crowd.took(30.0)
    crowd.arrived()

    assert not crowd.is_full()


def test_files_health_and_ranges_pass_and_parts_of_streams_are_kept_in_line():
    quick = ["/static/a.css", "/derived/x.webp", "/uploads/a.webp", "/healthz", "/readyz", "/metrics",
             "/videos/5/stream", "/s/token/stream", "/videos/5/chapters.vtt"]  # fmt: skip

    assert [path for path in quick if not is_quick(path)] == []
    assert [is_quick("/videos/5/hls/key/0.m4s"), is_kept("/videos/5/hls/key/0.m4s")] == [False, True]
    assert [path for path in ("/", "/library/", "/admin/", "/healthz/x", "/videos/5/") if is_kept(path)] == []
