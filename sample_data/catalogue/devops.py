"""Running software: services, servers, tickets."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from sample_data import numbers as n
from sample_data import pools
from sample_data import texts as t
from sample_data.spec import Domain, function
from sample_data.spec import Parameter as P

SERVICE = t.any_of(pools.SERVICES)
ENVIRONMENT = t.choice("staging", "production", "testing")
REPOSITORY = t.made(lambda rng: f"{rng.choice(pools.ADJECTIVES)}-{rng.choice(pools.NOUNS)}")
BRANCH = t.made(
    lambda rng: f"{rng.choice(['feature', 'fix', 'chore'])}/{rng.choice(pools.ADJECTIVES)}-{rng.choice(pools.NOUNS)}"
)

DEVOPS = Domain(
    "devops",
    (
        function(
            "deploy_service",
            "Deploys a version of a service.",
            P("service", "str", "The name of the service.", SERVICE),
            P(
                "version",
                "str",
                "The version.",
                t.made(lambda rng: f"v{rng.randint(0, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 20)}"),
            ),
            P("environment", "str", "One of 'staging', 'production' or 'testing'.", ENVIRONMENT),
            say="""
                Deploy {version} of {service} to {environment}.
                Roll out {service} {version} in {environment}.
                {environment} should run {service} {version}. Deploy it.
                Put version {version} of the {service} service on {environment}.
                deploy {service} {version} {environment}
                I want {version} of {service} on {environment} now.
                Deploy {version} of {service} to {environment} and {2:version} to {2:environment}.
            """,
        ),
        function(
            "restart_service",
            "Restarts a service.",
            P("service", "str", "The name of the service.", SERVICE),
            P(
                "force",
                "bool, optional",
                "Whether to restart without waiting for requests to end.",
                t.switch(
                    ["by force", "without waiting for requests to finish"],
                    ["gracefully", "after requests have finished"],
                ),
                "False",
            ),
            say="""
                Restart {service}.
                The {service} service hangs. Restart it.
                Restart {service} {force}.
                Bounce the {service} service {force}.
                restart {service} {force}
                I need {service} restarted.
                Restart {service} and {2:service}.
            """,
        ),
        function(
            "scale_service",
            "Sets the number of replicas of a service.",
            P("service", "str", "The name of the service.", SERVICE),
            P("replicas", "int", "The number of replicas.", n.count(2, 30)),
            say="""
                Scale {service} to {replicas} replicas.
                Run {replicas} replicas of {service}.
                {service} needs {replicas} instances. Scale it.
                Set the replicas of {service} to {replicas}.
                scale {service} {replicas}
                I want {replicas} copies of the {service} service running.
                Scale {service} to {replicas} replicas and {2:service} to {2:replicas}.
            """,
        ),
        function(
            "get_logs",
            "Gets the last lines of a service's log.",
            P("service", "str", "The name of the service.", SERVICE),
            P("lines", "int", "How many lines.", n.amount(20, 5_000)),
            P(
                "level",
                "str, optional",
                "One of 'debug', 'info', 'warning' or 'error'.",
                t.choice("debug", "info", "warning", "error"),
                "info",
            ),
            say="""
                Show the last {lines} log lines of {service}.
                Get {lines} {level} lines from the {service} log.
                What do the last {lines} lines of the {service} log say?
                logs {service}, {lines} lines, level {level}
                I need the latest {lines} lines logged by {service}.
                Fetch {lines} lines of {service} logs at {level} level.
            """,
        ),
        function(
            "open_ticket",
            "Opens a ticket in the issue tracker.",
            P("title", "str", "The title.", t.PHRASE),
            P(
                "labels",
                "List[str]",
                "The labels.",
                t.several(
                    [
                        "bug",
                        "urgent",
                        "backend",
                        "frontend",
                        "docs",
                        "security",
                        "regression",
                        "design",
                        "question",
                        "test",
                    ],
                    (2, 3),
                ),
            ),
            say="""
                Open a ticket "{title}" labeled {labels}.
                Create an issue titled "{title}" with the labels {labels}.
                New ticket: "{title}", labels {labels}
                File "{title}" in the tracker, tagged {labels}.
                Track "{title}" as a ticket with labels {labels}.
                I'd like a ticket for "{title}", labels: {labels}.
            """,
        ),
        function(
            "ping_host",
            "Checks whether a host answers.",
            P("host", "str", "The host name.", t.HOSTNAME),
            P("timeout_seconds", "int, optional", "How long to wait, in seconds.", n.seconds(5, 60), "10"),
            say="""
                Is {host} up?
                Ping {host}.
                Ping {host} and wait at most {timeout_seconds}.
                Check whether {host} answers within {timeout_seconds}.
                ping {host}, timeout {timeout_seconds}
                I can't reach {host}. See if it responds.
                Ping {host} and {2:host}.
            """,
        ),
        function(
            "create_branch",
            "Creates a branch in a repository.",
            P("repository", "str", "The repository.", REPOSITORY),
            P("branch", "str", "The name of the new branch.", BRANCH),
            say="""
                Create the branch {branch} in {repository}.
                Branch {repository} as {branch}.
                In {repository}, start a branch named {branch}.
                New branch {branch}, repository {repository}
                I need a branch called {branch} in the {repository} repo.
                Make {branch} in {repository}.
                Create the branches {branch} and {2:branch} in {repository}.
            """,
        ),
        function(
            "list_failed_jobs",
            "Lists all jobs that have failed.",
            say="""
                Which jobs have failed?
                List the failed jobs.
                Failed jobs
                Are there any failed jobs?
                I want to see all jobs that failed.
                Show every job that did not succeed.
            """,
        ),
        function(
            "silence_alerts",
            "Silences the alerts of a service for some hours.",
            P("service", "str", "The name of the service.", SERVICE),
            P("hours", "float", "For how long, in hours.", n.hours(2, 12)),
            say="""
                Silence alerts for {service} for {hours}.
                No alerts from {service} for {hours}, please
                We are working on {service}. Silence its alerts for {hours}.
                silence {service}, {hours}
                I don't want to be paged about {service} for {hours}.
                Turn off the alerts of {service} for {hours}.
                Silence alerts for {service} and {2:service} for {hours}.
            """,
        ),
        function(
            "rollback_service",
            "Takes a service back to its previous version.",
            P("service", "str", "The name of the service.", SERVICE),
            P("environment", "str", "One of 'staging', 'production' or 'testing'.", ENVIRONMENT),
            held_out=True,
            say="""
                Roll back {service} in {environment}.
                Take {service} on {environment} back to the previous version.
                {service} is broken in {environment}. Roll it back.
                rollback {service} {environment}
                Undo the last deployment of {service} in {environment}.
                I want the previous version of {service} back on {environment}.
                Roll back {service} and {2:service} in {environment}.
            """,
        ),
        function(
            "run_tests",
            "Runs the tests of a branch.",
            P("branch", "str", "The branch.", BRANCH),
            P(
                "verbose",
                "bool, optional",
                "Whether to show all output.",
                t.switch(["with full output", "verbosely"], ["with short output", "quietly"]),
                False,
            ),
            held_out=True,
            say="""
                Run the tests on {branch}.
                Test the branch {branch} {verbose}.
                Do the tests pass on {branch}?
                Run the test suite of {branch} {verbose}.
                tests {branch}, {verbose}
                I'd like to know whether {branch} passes its tests.
                Run the tests on {branch} and {2:branch}.
            """,
        ),
        function(
            "certificate_expiry",
            "Finds when the certificate of a host expires.",
            P("host", "str", "The host name.", t.HOSTNAME),
            held_out=True,
            say="""
                When does the certificate of {host} expire?
                Check the TLS certificate of {host}.
                Certificate expiry {host}
                How long is the certificate for {host} still valid?
                Look up the expiry date of {host}'s certificate.
                I need to know when the certificate on {host} runs out.
                When do the certificates of {host} and {2:host} expire?
            """,
        ),
    ),
)
