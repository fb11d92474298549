"""Modules and members of modules that Windows has not."""

MODULES = ("fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty", "uvloop")
MEMBERS = {
    "os": (
        "O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK chown chroot confstr ctermid fchown fdatasync fork forkpty getegid"
        " geteuid getgid getgroups getloadavg getpgid getpgrp getpriority getresuid getsid getuid initgroups killpg"
        " lchown lockf mkfifo mknod nice openpty posix_fadvise posix_fallocate posix_spawn pread preadv pwrite pwritev"
        " readv sched_getaffinity sched_setaffinity sched_yield sendfile seteuid setgid setpgid setpriority setsid"
        " setuid statvfs sync sysconf tcgetpgrp ttyname uname wait wait3 wait4 waitid writev"
    ),
    "select": "epoll poll",
    "signal": (
        "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGUSR1 SIGUSR2 alarm pthread_kill pthread_sigmask setitimer"
        " sigwait"
    ),
}
