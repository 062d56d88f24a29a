using System.Globalization;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>One look at all processes of the machine, to find out which of them belong to an attempt.</summary>
internal sealed class ProcessTable
{
    private const int KernelThreads = 2;

    private readonly List<Entry> _entries = [];
    private readonly RunFiles _files;

    private ProcessTable(RunFiles files) => _files = files;

    /// <summary>Reads /proc: some 20 µs for each process of the machine.</summary>
    /// <param name="files">Of the node whose attempts are asked for; those of others are none of its business.</param>
    public static ProcessTable Read(RunFiles files)
    {
        var table = new ProcessTable(files);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(folder.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && pid is not (1 or KernelThreads) && pid != Environment.ProcessId
                && ProcFiles.ReadStat(pid) is { } stat && stat.Parent != KernelThreads)
            {
                table._entries.Add(new Entry(pid, stat));
            }
        }

        return table;
    }

    /// <summary>
    /// Every living process of an attempt: of its leader's session or group, marked with the attempt in its environment, or a
    /// descendant of one of these.
    /// </summary>
    public List<Member> TreeOf(ProcessHandle leader, AttemptKey key)
    {
        var leaderIsAnother = PidIsReused(leader);
        var tree = new HashSet<int>();
        foreach (var entry in _entries)
        {
            if ((!leaderIsAnother && IsOfGroup(entry, leader)) || IsMarked(entry, key))
            {
                tree.Add(entry.Pid);
            }
        }

        int before;
        do
        {
            before = tree.Count;
            foreach (var entry in _entries)
            {
                if (tree.Contains(entry.Stat.Parent))
                {
                    tree.Add(entry.Pid);
                }
            }
        }
        while (tree.Count > before);

        return [.. from entry in _entries where tree.Contains(entry.Pid) && !entry.Stat.IsDead select new Member(entry.Pid, entry.Stat.StartTime)];
    }

    /// <summary>
    /// What is left in the group or session of a leader that is gone and reaped. Its pid may belong to another by now, so
    /// the mark in the environment has to be there, too.
    /// </summary>
    public List<Member> LeftoversOf(ProcessHandle leader, AttemptKey key) =>
    [
        .. from entry in _entries
           where IsOfGroup(entry, leader) && !entry.Stat.IsDead && IsMarked(entry, key)
           select new Member(entry.Pid, entry.Stat.StartTime),
    ];

    /// <summary>
    /// Whether one of the group or session of a leader that is gone cannot be told yet to be its: it has no environment. Most likely it begins to
    /// execute a program, and has one a moment later.
    /// </summary>
    public bool AnyUnmarkedYet(ProcessHandle leader) =>
        _entries.Exists(entry => IsOfGroup(entry, leader) && !entry.Stat.IsDead && entry.Stat.StartTime >= leader.StartTime && entry.IsEmpty);

    /// <summary>The first session leader that is marked with this attempt.</summary>
    public Member? LeaderOf(AttemptKey key)
    {
        var found = from entry in _entries
                    where entry.Pid == entry.Stat.Session && !entry.Stat.IsDead && IsMarked(entry, key)
                    orderby entry.Stat.StartTime, entry.Pid
                    select new Member(entry.Pid, entry.Stat.StartTime);
        return found.Cast<Member?>().FirstOrDefault();
    }

    private static bool IsOfGroup(Entry entry, ProcessHandle leader) => entry.Stat.Session == leader.Pid || entry.Stat.Group == leader.Pid;

    private bool IsMarked(Entry entry, AttemptKey key) => entry.Mark?.IsOf(key, _files) == true;

    private bool PidIsReused(ProcessHandle leader) =>
        _entries.Exists(entry => entry.Pid == leader.Pid && entry.Stat.StartTime != leader.StartTime);

    /// <summary>A process, by the two numbers that tell it from a later one with the same pid.</summary>
    public readonly record struct Member(int Pid, long StartTime);

    private sealed class Entry(int pid, ProcessStat stat)
    {
        private AttemptMark? _mark;
        private bool _read;
        private bool _isEmpty;

        public int Pid { get; } = pid;

        public ProcessStat Stat { get; } = stat;

        public AttemptMark? Mark
        {
            get
            {
                if (!_read)
                {
                    _mark = ProcFiles.ReadMark(Pid, out _isEmpty);
                    _read = true;
                }

                return _mark;
            }
        }

        public bool IsEmpty => Mark is null && _isEmpty;
    }
}
