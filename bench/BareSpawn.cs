using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Bench;

/// <summary>The physical limit: posix_spawn of /bin/true with output to two new files, and reaping it; nothing else.</summary>
internal static unsafe class BareSpawn
{
    private static int _rounds;

    /// <summary>Processes a second.</summary>
    public static double RunMany(string folder, int count, int inFlight)
    {
        var output = Directory.CreateDirectory(Path.Combine(folder, $"bare-{Interlocked.Increment(ref _rounds)}")).FullName;
        var next = 0;
        var watch = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, inFlight).Select(t => new Thread(() =>
        {
            for (int n; (n = Interlocked.Increment(ref next)) <= count;)
            {
                RunOne($"{output}/{t}-{n}");
            }
        })).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        var rate = count / watch.Elapsed.TotalSeconds;
        return rate;
    }

    private static void RunOne(string path)
    {
        var stdout = Open(path + ".stdout", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0x180);
        var stderr = Open(path + ".stderr", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0x180);
        var actions = stackalloc byte[FileActionsSize];
        var attributes = stackalloc byte[SpawnAttributesSize];
        _ = FileActionsInit(actions);
        _ = FileActionsAddDup2(actions, stdout, 1);
        _ = FileActionsAddDup2(actions, stderr, 2);
        _ = SpawnAttributesInit(attributes);
        _ = SpawnAttributesSetFlags(attributes, POSIX_SPAWN_SETSID);
        fixed (byte* name = Encoding.UTF8.GetBytes("true\0"), path0 = Encoding.UTF8.GetBytes("PATH=/bin\0"))
        {
            var argv = stackalloc byte*[2] { name, null };
            var envp = stackalloc byte*[2] { path0, null };
            int pid;
            var error = Spawn(&pid, "/bin/true", actions, attributes, argv, envp);
            if (error != 0)
            {
                throw new InvalidOperationException($"posix_spawn: {Marshal.GetPInvokeErrorMessage(error)}");
            }

            SignalInfo info;
            if (WaitId(P_PID, pid, &info, WEXITED) != 0)
            {
                throw new InvalidOperationException($"waitid: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        _ = FileActionsDestroy(actions);
        _ = SpawnAttributesDestroy(attributes);
        _ = Close(stdout);
        _ = Close(stderr);
    }
}
