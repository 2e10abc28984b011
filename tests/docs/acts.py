"""What a script cannot do for a document: peers that do what real ones do rarely. `do NAME`."""

ACTS = {}


def act(function):
    ACTS[function.__name__] = function
    return function
