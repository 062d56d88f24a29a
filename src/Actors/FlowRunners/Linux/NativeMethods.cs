using System.Runtime.InteropServices;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// The C library calls of the Linux flow runner. Constants are those of every 64-bit Linux; where x64 and arm64 differ it is
/// said. Calls that return -1 leave errno in <see cref="Marshal.GetLastPInvokeError"/>; posix_spawn returns its error.
/// </summary>
internal static unsafe partial class NativeMethods
{
    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_TRUNC = 0x200, O_APPEND = 0x400, O_NONBLOCK = 0x800,
        O_CLOEXEC = 0x80000, O_PATH = 0x200000;

    /// <summary>Differs between processors: 040000 on arm64, 0200000 on x64.</summary>
    public static readonly int O_DIRECTORY = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    /// <summary>Differs between processors: 0100000 on arm64, 0400000 on x64.</summary>
    public static readonly int O_NOFOLLOW = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, ENXIO = 6, E2BIG = 7, ENOEXEC = 8, EAGAIN = 11, ENOMEM = 12, EACCES = 13,
        EEXIST = 17, ENOTDIR = 20, EISDIR = 21, ENFILE = 23, EMFILE = 24, ETXTBSY = 26, ENOSPC = 28, ELOOP = 40, EDQUOT = 122;

    public const int SIGKILL = 9, SIGTERM = 15, SIGCONT = 18, SIGSTOP = 19;

    public const short POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8, POSIX_SPAWN_SETSID = 0x80;

    /// <summary>glibc needs 336, 80 and 128 bytes, musl no more.</summary>
    public const int SpawnAttributesSize = 512, FileActionsSize = 256, SignalSetSize = 128;

    public const int P_PID = 1, P_PIDFD = 3, WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x01000000;

    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CLOEXEC = 0x80000, EFD_CLOEXEC = 0x80000, EFD_NONBLOCK = 0x800;
    public const uint EPOLLIN = 1, EPOLLONESHOT = 1u << 30;

    public const int X_OK = 1, AT_FDCWD = -100, AT_EMPTY_PATH = 0x1000, AT_EACCESS = 0x200, AT_REMOVEDIR = 0x200, AT_SYMLINK_NOFOLLOW = 0x100;
    public const uint STATX_MODE_SIZE = 0x1 | 0x2 | 0x200, STATX_INO = 0x100, STATX_UID = 0x8, STATX_MTIME = 0x40;
    public const int S_IFMT = 0xF000, S_IFREG = 0x8000, S_IFDIR = 0x4000, S_IFLNK = 0xA000;
    public const int CLONE_FS = 0x200;

    private const long PidfdSendSignal = 424, PidfdOpen = 434, CloseRange = 436;
    private const int CLOSE_RANGE_CLOEXEC = 4;
    private const int OpenFiles = 7;
    private const int F_DUPFD_CLOEXEC = 1030, F_SETFL = 4;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenAt(int directory, string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, byte* buffer, nint count);

    /// <summary>The end to read, and the end to write.</summary>
    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int directory, byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(int directory, byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "opendir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void* OpenDirectory(string path);

    /// <summary>A struct dirent, until the next call; null at the end.</summary>
    [LibraryImport("libc", EntryPoint = "readdir", SetLastError = true)]
    public static partial byte* ReadDirectory(void* directory);

    [LibraryImport("libc", EntryPoint = "closedir")]
    public static partial int CloseDirectory(void* directory);

    [LibraryImport("libc", EntryPoint = "umask")]
    public static partial int Umask(int mask);

    /// <summary>What this thread shares with the others of its process it has for itself from now on.</summary>
    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int FChmod(int fd, int mode);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    public static partial int FChown(int fd, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FAccessAt(int directory, string path, int mode, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StatX(int directory, string path, int flags, uint mask, StatXBuffer* buffer);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "getpwnam_r", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetUserByName(string name, PasswordEntry* entry, byte* buffer, nint length, PasswordEntry** found);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    public static partial int WaitId(int idType, int id, SignalInfo* info, int options);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long a, long b, long c, long d);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int IoControl(int fd, nuint request, PidFdInfo* argument);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int fd, byte* epollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int maximum, int timeout);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    public static partial int SignalSetEmpty(byte* set);

    [LibraryImport("libc", EntryPoint = "sigaddset")]
    public static partial int SignalSetAdd(byte* set, int signal);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int SpawnAttributesInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static partial int SpawnAttributesDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SpawnAttributesSetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SpawnAttributesSetSignalMask(byte* attributes, byte* set);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SpawnAttributesSetSignalDefault(byte* attributes, byte* set);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int FileActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int FileActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int FileActionsAddDup2(byte* actions, int fd, int target);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FileActionsAddChangeDirectory(byte* actions, string path);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Spawn(int* pid, string path, byte* actions, byte* attributes, byte** argv, byte** envp);

    /// <summary>How many descriptors this process may have open.</summary>
    public static long OpenFilesLimit()
    {
        var limits = stackalloc ulong[2];
        return GetLimit(OpenFiles, limits) == 0 && limits[0] < long.MaxValue ? (long)limits[0] : long.MaxValue;
    }

    /// <summary>This process's limits of open files; null if the system does not say.</summary>
    public static (ulong Soft, ulong Hard)? ReadOpenFiles()
    {
        var limits = stackalloc ulong[2];
        return GetLimit(OpenFiles, limits) == 0 ? (limits[0], limits[1]) : null;
    }

    /// <summary>Sets this process's limits of open files.</summary>
    public static bool SetOpenFiles((ulong Soft, ulong Hard) to) => SetOpenFilesOf(0, to);

    /// <summary>Sets the limits of open files of another process; 0 is this one.</summary>
    public static bool SetOpenFilesOf(int pid, (ulong Soft, ulong Hard) to)
    {
        var limits = stackalloc ulong[] { to.Soft, to.Hard };
        return SetLimit(pid, OpenFiles, limits, null) == 0;
    }

    /// <summary>The number that the next descriptor of this process will have, or -1 if there is none left.</summary>
    public static int LowestFreeDescriptor()
    {
        var fd = Duplicate(0);
        return fd < 0 || Close(fd) != 0 ? -1 : fd;
    }

    /// <summary>Lets a process run on these processors alone.</summary>
    public static bool SetCpus(int pid, IReadOnlyList<int> cpus)
    {
        var set = new byte[(cpus[^1] / 64 * 8) + 8];
        foreach (var cpu in cpus)
        {
            set[cpu / 8] |= (byte)(1 << (cpu % 8));
        }

        fixed (byte* bits = set)
        {
            return SetAffinity(pid, (nuint)set.Length, bits) == 0;
        }
    }

    /// <summary>Sets how a process's reading and writing is served; 0, or -1.</summary>
    /// <param name="priority">The class in the bits from 13 on, and its level.</param>
    public static int SetIoPriority(int pid, int priority)
    {
        const int Process = 1;
        return (int)SystemCall(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 30 : 251, Process, pid, priority, 0);
    }

    /// <summary>Sets a process's niceness; 0, or -1.</summary>
    /// <param name="which">0: <paramref name="who"/> is a process.</param>
    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    public static partial int SetPriority(int which, uint who, int nice);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int pid, nuint size, byte* mask);

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    private static partial int SetLimit(int pid, int resource, ulong* to, ulong* before);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ulong* limits);

    /// <summary>Sets what an open file's reading and writing is like (O_NONBLOCK, O_APPEND).</summary>
    public static int SetStatusFlags(int fd, int flags) => FileControl(fd, F_SETFL, flags);

    /// <summary>Another descriptor of the same file, close-on-exec, or -1.</summary>
    public static int Duplicate(int fd) => FileControl(fd, F_DUPFD_CLOEXEC, 0);

    /// <summary>A descriptor (close-on-exec by itself) of this process, or -1.</summary>
    public static int OpenPidFd(int pid) => (int)SystemCall(PidfdOpen, pid, 0, 0, 0);

    /// <summary>Makes every descriptor from this one on close-on-exec (Linux 5.11).</summary>
    public static int CloseOnExecFrom(int first) => (int)SystemCall(CloseRange, first, int.MaxValue, CLOSE_RANGE_CLOEXEC, 0);

    public static int SendSignal(int pidFd, int signal) => (int)SystemCall(PidfdSendSignal, pidFd, signal, 0, 0);

    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public const short In = 1, HangUp = 16;

        public int Fd;
        public short Events;
        public short Happened;
    }

    /// <summary>struct statx, of which only this is read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct StatXBuffer
    {
        [FieldOffset(20)] public uint Owner;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(112)] public long ChangedSeconds;
        [FieldOffset(120)] public uint ChangedNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    /// <summary>struct passwd, the same in glibc and musl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PasswordEntry
    {
        public byte* Name;
        public byte* Password;
        public uint User;
        public uint Group;
        public byte* Gecos;
        public byte* Home;
        public byte* Shell;
    }

    /// <summary>siginfo_t as waitid fills it.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    public struct SignalInfo
    {
        public const int Exited = 1;

        [FieldOffset(8)] public int Code;
        [FieldOffset(16)] public int Pid;
        [FieldOffset(24)] public int Status;
    }

    /// <summary>struct pidfd_info, first version (Linux 6.13); with <see cref="MaskExit"/> since 6.15.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    public struct PidFdInfo
    {
        /// <summary>_IOWR(0xFF, 11, struct pidfd_info) of 64 bytes.</summary>
        public const uint Request = 0xC040FF0B;

        /// <summary>The exit status is known: the process has been reaped.</summary>
        public const ulong MaskExit = 1 << 3;

        [FieldOffset(0)] public ulong Mask;
        [FieldOffset(60)] public int ExitStatus;
    }
}
