"""Tasks that end in every way there is, and do to their process what can be done to it."""

# What users write, and worse: it prints, opens files its own way, catches too much, and does what types forbid.
# ruff: noqa: BLE001, PLE1206, PTH109, PTH123, SIM115, T201
# mypy: ignore-errors

import ctypes
import datetime as dt
import gc
import json
import logging
import logging.config
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
import warnings
from decimal import Decimal
from pathlib import Path

from brisa import DAG, task
from brisa.authoring.running import get_current_context
from brisa.authoring.variables import Variable
from brisa.operators.bash import BashOperator
from brisa.operators.python import PythonOperator

dag = DAG("d", schedule=None, start_date=dt.datetime(2024, 1, 1))
PIECE = "x" * 99 + "\n"


def conf(name):
    return get_current_context()["dag_run"].conf[name]


def make(function, **kwargs):
    """A task of the function's name."""
    PythonOperator(task_id=function.__name__, python_callable=function, dag=dag, **kwargs)
    return function


# --- what is written -------------------------------------------------------------------------------------------------


@make
def speak():
    print("printed: ñandú ✓")
    print("two\nlines")
    print("to stderr", file=sys.stderr)
    logging.getLogger("mine").warning("logged %s", 1)
    logging.getLogger("mine").info("too few %s %s", 1)
    subprocess.run(["printf", "from a child process\n"], check=True)
    os.write(1, b"raw \xff\xfe bytes\n")
    sys.stdout.buffer.write(b"buffered \xff bytes\n")
    print("a lone surrogate \ud800")
    warnings.warn("beware", stacklevel=1)
    print("no newline", end="")


@make
def ten_megabytes():
    for _ in range(1000):
        print(PIECE * 10, end="")
    sys.stdout.write(PIECE * 90_000)


@make
def letter_by_letter():
    for _ in range(200_000):
        print("y", end="")


@make
def in_threads():
    def say(letter):
        for _ in range(200):
            print(letter * 30)

    threads = [threading.Thread(target=say, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@make
def wait_to_be_read():
    print("before")
    with open(conf("pipe")) as pipe:
        pipe.read()
    print("after")


# --- how it ends -----------------------------------------------------------------------------------------------------


@make
def kill_itself():
    os.kill(os.getpid(), signal.SIGKILL)


@make
def segfault():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.string_at(0)


@make
def leave():
    print("a last line without an end", end="")
    os._exit(conf("status"))


@make
def sys_exit():
    sys.exit(conf("status"))


@make
def eat_memory():
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + (32 << 20), resource.RLIM_INFINITY))
    kept = []
    while True:
        kept.append(bytearray(1 << 16))


@make
def raise_it():
    class MyExit(SystemExit):
        pass

    class Odd(BaseException):
        def __str__(self):
            raise ValueError("no text")

    raise {
        "KeyboardInterrupt": KeyboardInterrupt,
        "GeneratorExit": GeneratorExit,
        "MyExit": MyExit("mine"),
        "RecursionError": RecursionError("too deep"),
        "BaseException": BaseException("base"),
        "Odd": Odd(),
    }[conf("what")]


@make
def recurse():
    return recurse()


# --- timeouts --------------------------------------------------------------------------------------------------------


def called_back(context):
    print("called back:", context["exception"])


@make
def hang():
    while True:
        pass


dag.get_task("hang").on_failure_callback = called_back


@make
def hang_in_c():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    print("hanging")
    time.sleep(1000)


@make
def swallow():
    while True:
        try:
            time.sleep(1000)
        except BaseException as error:
            print("swallowed", type(error).__name__)


@make
def finish_in_time():
    return "done"


BashOperator(
    task_id="background",
    bash_command="""
        exec > /dev/null 2>&1
        sleep 1000 & echo $! >> {{ dag_run.conf.pids }}
        (sleep 1000 & echo $! >> {{ dag_run.conf.pids }}; wait) &
        setsid sleep 1000 & echo $! >> {{ dag_run.conf.pids }}
        echo $$ >> {{ dag_run.conf.pids }}
        {{ dag_run.conf.then }}
    """,
    dag=dag,
)


@make
def background_then_end():
    child = subprocess.Popen(["sleep", "1000"])
    Path(conf("pids")).write_text(str(child.pid))
    if conf("how") == "raise":
        raise ValueError("as told")
    if conf("how") == "exit":
        os._exit(0)


# --- what is returned ------------------------------------------------------------------------------------------------


class Plain:
    pass


@make
def give():
    what = conf("what")
    if what == "numpy":
        import numpy

        return [numpy.int64(7), numpy.float64(0.5)]
    return (
        {
            "lambda": lambda: None,
            "object": Plain(),
            "generator": (n for n in range(3)),
            "nested": {"a": [1, Plain()]},
            "bytes": b"\x00\xff",
            "datetime": dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
            "decimal": Decimal("1.10"),
            "huge": "ñ" * 5_000_000,
            "none": None,
        }.get(what)
        if what != "file"
        else open(os.devnull)
    )


# --- what is done to the process -------------------------------------------------------------------------------------


def change_directory():
    os.chdir("/")


def change_environment():
    os.environ["HOSTILE"] = "1"
    os.environ.pop("PATH", None)


def ignore_signals():
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def change_umask():
    os.umask(0o777)


def change_recursion_limit():
    sys.setrecursionlimit(200)


def replace_stdout():
    print("no end yet", end="")
    sys.stdout = open(os.devnull, "w")
    sys.stdout.close()
    sys.stderr = None


def close_output():
    os.close(1)
    os.close(2)
    logging.getLogger("mine").info("still logged")
    print("still printed")


def reuse_output():
    os.close(1)
    with open(conf("file"), "w") as file:
        assert file.fileno() == 1
        logging.getLogger("mine").info("still logged")
        file.write("the file's own")


def redirect_output():
    fd = os.open(conf("file"), os.O_WRONLY | os.O_CREAT)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    logging.getLogger("mine").info("still logged")


def start_threads():
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    threading.Thread(target=time.sleep, args=(1000,)).start()


def square(number):
    return number * number


def use_processes():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(square, range(10)) == [number * number for number in range(10)]


def change_logging():
    logging.config.dictConfig({"version": 1})
    logging.disable(logging.CRITICAL)


def patch_modules():
    os._exit = lambda status: None
    os.getpid = lambda: 1
    json.dumps = json.loads = None
    time.time = lambda: 0.0


def stop_collecting():
    gc.disable()


def limit_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


MISDEEDS = [
    change_directory,
    change_environment,
    ignore_signals,
    change_umask,
    change_recursion_limit,
    replace_stdout,
    close_output,
    reuse_output,
    redirect_output,
    start_threads,
    use_processes,
    change_logging,
    patch_modules,
    stop_collecting,
    limit_files,
]


@make
def misbehave():
    next(deed for deed in MISDEEDS if deed.__name__ == conf("deed"))()
    if conf("fail"):
        raise ValueError("after the deed")
    return "done"


@make
def close_everything():
    os.closerange(3, 65536)


@make
def close_really_everything():
    os.closerange(0, 65536)


@make
def write_to_everything():
    for fd in range(3, 1024):
        try:
            os.write(fd, conf("text").encode())
        except OSError:
            continue
    return "done"


@make
def fork_and_return():
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
    return "twice"


@make
def fork_and_look():
    def default():
        pid = os.fork()
        if not pid:
            os._exit(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    ours = default()
    signal.signal(signal.SIGTERM, lambda *_: None)
    return [ours, default()]


@make
def fork_and_end():
    def end():
        pid = os.fork()
        if not pid:
            time.sleep(1000)
        os.kill(pid, signal.SIGTERM)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    return [end() for _ in range(50)]


in_a_fork = []
os.register_at_fork(before=lambda: [os.kill(os.getpid(), number) for number in in_a_fork])


@make
def told_in_a_fork():
    in_a_fork.append(signal.SIGTERM)
    if not os.fork():
        os._exit(0)
    time.sleep(1000)


@make
def ask_from_everywhere():
    def ask(number):
        assert Variable.get(f"v{number}") == f"value of v{number}"

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    with multiprocessing.get_context("fork").Pool(3) as pool:
        found = pool.map(Variable.get, [f"p{number}" for number in range(20)])
    for thread in threads:
        thread.join()
    return found


@make
def ask_oddly():
    Variable.get(conf("key"))


def look():
    """What an attempt sees of its process."""
    print("looked")
    with open(os.devnull) as file:
        lowest = file.fileno()
    return {
        "cwd": os.getcwd(),
        "environment": sorted(set(os.environ) - {"AIRFLOW_CTX_TRY_NUMBER"}),
        "signals": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals()) if number != 14],
        "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "umask": [os.umask(0o022), os.umask(0o022)][0],
        "recursion": sys.getrecursionlimit(),
        "threads": threading.active_count(),
        "descriptors": lowest,
        "streams": [type(sys.stdout).__name__, type(sys.stderr).__name__],
        "patched": [os._exit.__name__, json.dumps is not None, time.time() > 0],
        "logging": [logging.root.manager.disable, logging.getLogger("brisa.task").disabled],
        "collecting": gc.isenabled(),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    }


make(look)


@make
def draw():
    import numpy.random

    return [random.random(), float(numpy.random.random())]


@make
def who():
    return [os.getpid(), os.getppid()]


@make
def hold_on():
    """Tell who this is, and wait for the test."""
    Path(conf("pids")).write_text(f"{os.getpid()} {os.getppid()}")
    if conf("sleeper"):
        child = subprocess.Popen(["sleep", "1000"])
        Path(conf("sleeper")).write_text(str(child.pid))
    with open(conf("ready"), "w") as pipe:
        pipe.write("ready")
    with open(conf("pipe")) as pipe:
        pipe.read()


@task(dag=dag)
def decorated():
    return "from @task"


decorated()


class ToldToEnd(PythonOperator):
    """Says that it was killed."""

    def on_kill(self):
        print("on_kill was called")


def wait_for_a_signal():
    """Wait in short steps: a signal right before a sleep does not wake it, and its handler runs only after it."""
    while True:
        time.sleep(0.01)


def wait_to_be_told():
    """Fork a child that ends by itself, tell that this waits, and wait."""
    there, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tell, b".")
        wait_for_a_signal()
    os.read(there, 1)  # a signal that comes amid the fork is lost: Python clears what is pending in the new process
    os.kill(child, signal.SIGTERM)
    _, status = os.waitpid(child, 0)
    print("the child ended by signal", os.WTERMSIG(status))
    Path(conf("ready")).touch()
    wait_for_a_signal()


ToldToEnd(
    task_id="told_to_end",
    python_callable=wait_to_be_told,
    retries=3,
    on_failure_callback=lambda _: print("a callback was called"),
    on_retry_callback=lambda _: print("a callback was called"),
    dag=dag,
)
