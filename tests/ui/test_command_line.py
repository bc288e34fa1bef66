import shlex
from pathlib import Path

from artifix.cli.options import as_option
from artifix.inputs.request import Request
from artifix.ui.command_line import Spoken, command_of, words_of

HERE = Path("/srv/secret")


def request(image="gen.png", references=("ref.png",), region=None):
    places = tuple(HERE / name for name in references)
    return Request(HERE / image, HERE / "mask.png", places, region=region)


def test_files_are_named_without_the_folder_of_the_server():
    command = command_of(request(references=("a.png", "b.png")), {}, Spoken(as_option))
    assert command == "artifix refine gen.png --mask mask.png --ref a.png --ref b.png --out result"


def test_what_the_visitor_chose_is_spelled_as_options():
    settings = {"allow_mirror": "True", "seed": "7"}
    command = command_of(request(region="1,2,3,4"), settings, Spoken(as_option))
    assert shlex.split(command)[7:] == [
        *("--region", "1,2,3,4", "--allow-mirror", "--seed", "7", "--out", "result")
    ]


def test_what_the_page_was_started_with_is_repeated():
    words = words_of([("weights", "my weights"), ("zoom", "False")], as_option)
    assert words == ("--weights", "my weights", "--no-zoom")
    assert "--weights 'my weights' --no-zoom" in command_of(request(), {}, Spoken(as_option, words))


def test_odd_names_stay_one_word_and_no_option():
    command = command_of(request("it's me.png", ("-r.png",)), {}, Spoken(as_option))
    assert shlex.split(command)[2] == "it's me.png"
    assert shlex.split(command)[6] == "./-r.png"
