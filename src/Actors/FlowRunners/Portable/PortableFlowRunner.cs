using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Runner.Actors.FlowRunners.Secrets;
using Serilog;

namespace Runner.Actors.FlowRunners.Portable;

/// <summary>
/// Runs attempts with what .NET offers on every system, with the environment and files of <see cref="SubprocessFlowRunner"/>.
/// It falls short of that one in this: output goes through this program, so that it is lost once this program has ended; a
/// terminate reaches the program alone (on Windows it is a kill), and only a kill its descendants; a process found
/// after a restart ends with an unknown exit; an exit code of 129 to 159 counts as a signal; there are no other users.
/// </summary>
public sealed class PortableFlowRunner(SubprocessOptions options, ILogger? log = null) : IFlowRunner, IKillsAll, ILiveAttempts, IDisposable
{
    private readonly ConcurrentDictionary<AttemptKey, PortableProcess> _processes = new();

    /// <inheritdoc/>
    public IReadOnlyCollection<AttemptKey> Live => [.. _processes.Keys];

    private readonly ConcurrentDictionary<AttemptKey, Action<IProcessObserver>> _ended = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly ILogger _log = log ?? Serilog.Core.Logger.None;
    private readonly ForeignProcesses? _foreign = ForeignProcesses.Read(options.DataDirectory);

    /// <summary>Where the output of attempts is.</summary>
    public RunFiles Files { get; } = new(options.DataDirectory);

    /// <inheritdoc/>
    public void Start(ProcessSpec spec, IProcessObserver observer) => Begin(spec, observer, process => Run(spec, process));

    /// <inheritdoc/>
    public void Recover(ProcessSpec spec, ProcessHandle? handle, IProcessObserver observer) =>
        Begin(spec, observer, process => Adopt(spec, handle, process));

    /// <inheritdoc/>
    public void Stop(AttemptKey key, StopSignal signal)
    {
        if (_processes.TryGetValue(key, out var process))
        {
            _ = Task.Run(() => process.Stop(signal));
        }
    }

    /// <inheritdoc/>
    public void KillAll()
    {
        foreach (var key in _processes.Keys)
        {
            Stop(key, StopSignal.Kill);
        }
    }

    /// <inheritdoc/>
    public void Forget(AttemptKey key) => _ended.TryRemove(key, out _);

    /// <summary>Leaves the processes running; nothing more is reported.</summary>
    public void Dispose() => _disposed.Cancel();

    private void Begin(ProcessSpec spec, IProcessObserver observer, Func<PortableProcess, Task> life)
    {
        var process = new PortableProcess(observer, _log.About(spec), _disposed.Token);
        if (_processes.TryAdd(spec.Key, process))
        {
            // Looked at only now: a process is among the ended before it leaves the others.
            if (_ended.TryGetValue(spec.Key, out var last))
            {
                process.Report(last);
                _processes.TryRemove(spec.Key, out _);
                return;
            }

            _ = Task.Run(() => LifeOf(spec, process, life));
        }
        else if (_processes.TryGetValue(spec.Key, out var existing))
        {
            existing.Observe(observer);
        }
    }

    private async Task LifeOf(ProcessSpec spec, PortableProcess process, Func<PortableProcess, Task> life)
    {
        try
        {
            await life(process);
        }
        catch (OperationCanceledException) when (_disposed.IsCancellationRequested)
        {
            _log.About(spec).Debug("The process is left running");
        }
        catch (Exception e) when (process.Handle is null)
        {
            RemoveFiles(spec);
            _processes.TryRemove(spec.Key, out _);
            process.Report(o => o.StartFailed(PortableStart.KindOf(e), e.Message));
        }
        catch (Exception e)
        {
            _log.About(spec).Error(e, "The process could not be watched to its end");
            End(spec, process, new ProcessExit.Unknown(e.Message));
        }
    }

    private void RemoveFiles(ProcessSpec spec)
    {
        try
        {
            Files.Delete(spec.Key);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.About(spec).Error(e, "The files of the attempt, which did not start, could not be removed");
        }
    }

    // In one piece: one process from its start to its end, in order.
    private async Task Run(ProcessSpec spec, PortableProcess process)
    {
        if (ProgramFile.Exists(Files.Stdout(spec.Key)))
        {
            End(spec, process, new ProcessExit.Unknown("an earlier life of this node started it, and its process is not known"));
            return;
        }

        SecretValues secrets;
        try
        {
            secrets = SecretValues.Read(spec.Secrets, PortableStart.RunForValue, process.Stopping);
        }
        catch (OperationCanceledException) when (process.Stopping.IsCancellationRequested && !_disposed.IsCancellationRequested)
        {
            _processes.TryRemove(spec.Key, out _);
            process.Report(o => o.NeverStarted());
            return;
        }

        if (!options.MayStart())
        {
            _processes.TryRemove(spec.Key, out _);
            process.Report(o => o.NeverStarted());
            return;
        }

        var start = PortableStart.Prepare(spec, Files, options.Environment);
        foreach (var (name, value) in secrets.All)
        {
            start.Environment[name] = value;
        }

        secrets.WriteMask(Files, spec.Key);
        Files.EnsureDirectory(spec.Key);
        await using var stdout = PortableStart.Create(Files.Stdout(spec.Key));
        await using var stderr = PortableStart.Create(Files.Stderr(spec.Key));
        using var running = NodeUmask.AsStarted(start, Process.Start) ?? throw new Win32Exception("The system started no process.");
        running.StandardInput.Close();
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
        var pumps = Task.WhenAll(
            running.StandardOutput.BaseStream.CopyToAsync(stdout, reading.Token),
            running.StandardError.BaseStream.CopyToAsync(stderr, reading.Token));
        process.Run(running);
        await running.WaitForExitAsync(_disposed.Token);

        // What is in the pipes is read to the end, unless a descendant keeps them open.
        await Task.WhenAny(pumps, pumps.WaitAsync(PortableStart.DrainTime, _disposed.Token));
        await reading.CancelAsync();
        await stdout.FlushAsync();
        await stderr.FlushAsync();
        End(spec, process, PortableStart.ExitOf(running.ExitCode));
    }

    private async Task Adopt(ProcessSpec spec, ProcessHandle? handle, PortableProcess process)
    {
        var key = spec.Key;
        using var running = handle is null || _foreign?.Have(handle) == true ? null : PortableStart.Find(handle);
        if (running is not null)
        {
            process.Run(running);
            await running.WaitForExitAsync(_disposed.Token);
            End(spec, process, new ProcessExit.Unknown("the node had restarted while it ran, and this system does not say how such a process ended"));
        }
        else if (handle is null && !ProgramFile.Exists(Files.Stdout(key)))
        {
            _processes.TryRemove(key, out _);
            process.Report(o => o.NeverStarted());
        }
        else
        {
            End(spec, process, new ProcessExit.Unknown("it ended while the node was down"));
        }
    }

    private void End(ProcessSpec spec, PortableProcess process, ProcessExit exit)
    {
        var (result, problem) = ResultFile.Read(Files, spec);
        Drop(spec.Key, process, o => o.Ended(new ProcessOutcome(exit, process.StopSent, result, problem)));
    }

    private void Drop(AttemptKey key, PortableProcess process, Action<IProcessObserver> report)
    {
        _ended[key] = report;
        _processes.TryRemove(key, out _);
        process.Report(report);
    }
}
