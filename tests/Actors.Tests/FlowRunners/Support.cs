using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRunners.Linux;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

// These tests run real programs of a Unix system.
[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>Remembers what was reported, in order, and lets a test wait for it.</summary>
internal sealed class Recorder : IProcessObserver
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TaskCompletionSource<ProcessHandle> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<object> _last = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _reports = new();

    /// <summary>The names of all reports so far.</summary>
    public string[] Reports => [.. _reports];

    public void Started(ProcessHandle handle) => Add(nameof(Started), () => _started.TrySetResult(handle));

    public void StartFailed(StartFailureKind kind, string message) => Add(nameof(StartFailed), () => _last.TrySetResult((kind, message)));

    public void NeverStarted() => Add(nameof(NeverStarted), () => _last.TrySetResult(nameof(NeverStarted)));

    public void Ended(ProcessOutcome outcome) => Add(nameof(Ended), () => _last.TrySetResult(outcome));

    public Task<ProcessHandle> WhenStarted() => _started.Task.WaitAsync(Patience);

    /// <summary>The last report: an outcome, a failed start, or that it never started.</summary>
    public Task<object> WhenLast() => _last.Task.WaitAsync(Patience);

    public async Task<ProcessOutcome> WhenEnded() => Assert.IsType<ProcessOutcome>(await _last.Task.WaitAsync(Patience));

    public async Task<(StartFailureKind Kind, string Message)> WhenFailed() =>
        Assert.IsType<(StartFailureKind, string)>(await _last.Task.WaitAsync(Patience));

    public async Task WhenNeverStarted() => Assert.Equal(nameof(NeverStarted), await _last.Task.WaitAsync(Patience));

    private void Add(string name, Func<bool> signal)
    {
        _reports.Enqueue(name);
        Assert.True(signal(), $"{name} came too late: {string.Join(", ", _reports)}");
    }
}

/// <summary>A data folder, a working folder and ids of a test's own, gone afterwards.</summary>
internal sealed class Workshop : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("flow-runner-");

    public Workshop()
    {
        Folder = _root.CreateSubdirectory("work").FullName;
        Files = new RunFiles(Data);
    }

    public string Data => Path.Combine(_root.FullName, "data");

    public string Folder { get; }

    public RunFiles Files { get; }

    public SubprocessOptions Options => new(Data) { UserFilesDirectory = UserFiles };

    /// <summary>Beside, as the folder of a test is closed to other users.</summary>
    public string UserFiles => _root.FullName + "-users";

    public static AttemptKey NewKey(int attempt = 1) => new(new Guid(RandomNumberGenerator.GetBytes(16)), attempt);

    public ProcessSpec Spec(params string[] command) => new(NewKey(), [.. command], Folder, [], "{}");

    public ProcessSpec Shell(string script) => Spec("/bin/sh", "-c", script);

    public string Write(string name, string text, bool executable = true)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, executable ? UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute : UnixFileMode.UserRead);
        return path;
    }

    public string Stdout(ProcessSpec spec) => File.ReadAllText(Files.Stdout(spec.Key));

    public string Stderr(ProcessSpec spec) => File.ReadAllText(Files.Stderr(spec.Key));

    public Fifo Fifo(string name) => new(Path.Combine(Folder, name));

    public void Dispose()
    {
        _root.Delete(recursive: true);
        if (Directory.Exists(UserFiles))
        {
            Directory.Delete(UserFiles, recursive: true);
        }
    }
}

/// <summary>A named pipe, over which a program tells a test how far it is, or waits for it.</summary>
internal sealed class Fifo
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public Fifo(string path)
    {
        Path = path;
        using var make = Process.Start("mkfifo", path);
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
    }

    public string Path { get; }

    /// <summary>The numbers (pids) that a program writes in one go.</summary>
    public async Task<int[]> ReadNumbers()
    {
        var text = await Task.Run(() => File.ReadAllText(Path)).WaitAsync(Patience);
        return [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
    }

    public Task Write(string text) => Task.Run(() => File.WriteAllText(Path, text)).WaitAsync(Patience);
}

internal static class Processes
{
    public static bool IsAlive(int pid) => ProcFiles.ReadStat(pid) is { IsDead: false };

    public static ProcessHandle HandleOf(int pid) => new(pid, ProcFiles.ReadStat(pid)!.Value.StartTime, ProcFiles.BootId);

    public static void Kill(int pid) => _ = NativeMethods.Kill(pid, NativeMethods.SIGKILL);

    /// <summary>Dead, be it reaped or not: whoever's child it is.</summary>
    public static Task WhenDead(int pid) =>
        Task.Run(() => Assert.True(SpinWait.SpinUntil(() => !IsAlive(pid), TimeSpan.FromMinutes(2)), $"{pid} lives"));

    /// <summary>A process is gone some time after it was killed.</summary>
    public static async Task WhenGone(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        }
        catch (ArgumentException)
        {
            Assert.False(Processes.IsAlive(pid));
        }
    }
}

internal static class Recipes
{
    /// <summary>One that runs as a system user.</summary>
    public static RunRecipe As(string user) => RunRecipe.Of(new DeploymentSpec { Name = "a/b", Workdir = "/", User = user });
}
