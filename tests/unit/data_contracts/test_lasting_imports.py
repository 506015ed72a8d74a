"""No garbage is looked for while modules are imported, nor among them afterwards; among everything else it is."""

from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
import weakref

from data_contracts.lasting_imports import lasting_imports

#: In a process of its own: what is kept for good would stay in that of all tests.
_SCRIPT = """
    import gc, weakref
    from data_contracts.lasting_imports import lasting_imports

    class Node:
        pass

    def cycle():
        node = Node()
        node.itself = node
        return weakref.ref(node)

    with lasting_imports():
        assert not gc.isenabled()
        import xml.dom.minidom
    assert gc.isenabled()
    kept = gc.get_freeze_count()
    assert kept > 1000
    later = cycle()
    gc.collect()
    assert later() is None
    with lasting_imports():
        import xml.dom.minidom
    assert gc.get_freeze_count() <= kept
    print("ok")
"""


def test_what_was_imported_is_kept_out_of_the_search_for_garbage() -> None:
    script = textwrap.dedent(_SCRIPT)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("ok", "")


def test_where_nothing_is_new_garbage_is_found_as_ever() -> None:
    class Node:
        itself: Node

    kept = gc.get_freeze_count()
    with lasting_imports():
        node = Node()
        node.itself = node
        found = weakref.ref(node)
        del node
    gc.collect()
    assert found() is None
    assert gc.get_freeze_count() <= kept


def test_who_has_switched_the_search_off_has_it_so_afterwards() -> None:
    gc.disable()
    try:
        with lasting_imports():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
