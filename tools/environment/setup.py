"""Everything that has to be there before work begins; quick when it is."""

from ..hosts.host import Host, fetched_host, own_host
from ..hosts.versions import NEWEST
from ..machine.lock import only_one
from ..paths import DEV, HOSTS
from .packages import install_packages, make_environment


def set_up(*, tests: bool, cluster: bool = False) -> Host:
    """The environment with all packages in it, and the host they are for."""
    own = own_host()
    with only_one(DEV / "lock"):
        make_environment()
        host = own or fetched_host(NEWEST)
        install_packages(host.folder / "requirements.txt", tests=tests, cluster=cluster)
    return host


def set_up_host(version: str) -> Host:
    """That version of the host alone."""
    if (HOSTS / version).is_dir():
        return fetched_host(version)
    with only_one(DEV / "lock"):
        make_environment()
        return fetched_host(version)
