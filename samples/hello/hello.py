"""Greets, says which run it is, and leaves a result."""

import argparse
import json
import os

parser = argparse.ArgumentParser()
parser.add_argument("--name", required=True)
name = parser.parse_args().name

print(f"{os.environ.get('GREETING', 'Hello')}, {name}!", flush=True)
print(f"Run {os.environ['RUNNER_RUN_ID']}, due at {os.environ['RUNNER_SCHEDULED_TIME']}.")

# What stands in this file at the end is kept as the run's result.
with open(os.environ["RUNNER_RESULT_FILE"], "w", encoding="utf-8") as result:
    json.dump({"greeted": name}, result)
