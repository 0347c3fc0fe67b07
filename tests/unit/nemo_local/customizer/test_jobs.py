"""The state of jobs: what a waiting one says."""

from __future__ import annotations

from nemo_local.customizer.jobs import WAITING, Jobs


def test_the_entry_of_a_waiting_job_follows_the_queue_and_keeps_its_time(tmp_path):
    jobs = Jobs(tmp_path / "jobs.db")
    job = jobs.create("default", None, {})
    jobs.wait(job["id"], f"{WAITING}the job a; place 2")
    first = jobs.get(job["id"])
    assert first["status"] == "pending"
    jobs.wait(job["id"], f"{WAITING}the job a; place 1")
    logs = jobs.get(job["id"])["status_details"]["status_logs"]
    assert [entry["message"] for entry in logs] == ["Job created", f"{WAITING}the job a; place 1"]
    assert logs[-1]["updated_at"] == first["status_details"]["status_logs"][-1]["updated_at"]


def test_a_job_that_has_begun_or_ended_does_not_wait(tmp_path):
    jobs = Jobs(tmp_path / "jobs.db")
    running, cancelled = (jobs.create("default", None, {})["id"] for _ in range(2))
    jobs.begin(running)
    jobs.request_cancel(cancelled)
    for job_id, status in ((running, "running"), (cancelled, "cancelled")):
        jobs.wait(job_id, f"{WAITING}the job a")
        job = jobs.get(job_id)
        assert job["status"] == status
        assert not job["status_details"]["status_logs"][-1]["message"].startswith(WAITING)
