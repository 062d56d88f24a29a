using System.ComponentModel;
using System.Diagnostics;
using Runner.Actors.FlowRunners.Linux;
using Serilog;

namespace Runner.Actors.FlowRunners.Portable;

/// <summary>A process of the portable flow runner, and whom to tell of it.</summary>
internal sealed class PortableProcess(IProcessObserver observer, ILogger log, CancellationToken disposed)
{
    private readonly Lock _gate = new();
    private IProcessObserver _observer = observer;
    private Process? _process;
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(disposed);
    private StopSignal? _stopOnStart;

    /// <summary>It is to be stopped, and may not have been started yet; or nothing is reported any more.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public ProcessHandle? Handle { get; private set; }

    public bool StopSent { get; private set; }

    public void Observe(IProcessObserver another)
    {
        lock (_gate)
        {
            _observer = another;
            if (Handle is { } handle)
            {
                Report(o => o.Started(handle));
            }
        }
    }

    public void Run(Process process)
    {
        lock (_gate)
        {
            _process = process;
            Handle = PortableStart.HandleOf(process);
            Report(o => o.Started(Handle));
            if (_stopOnStart is { } signal)
            {
                Stop(signal);
            }
        }
    }

    public void Report(Action<IProcessObserver> call)
    {
        lock (_gate)
        {
            try
            {
                if (!disposed.IsCancellationRequested)
                {
                    call(_observer);
                }
            }
            catch (Exception e)
            {
                log.Error(e, "The observer of process {Pid} failed", Handle?.Pid);
            }
        }
    }

    public void Stop(StopSignal signal)
    {
        lock (_gate)
        {
            if (_process is null)
            {
                _stopOnStart = signal;
                _stopping.Cancel();
                return;
            }

            try
            {
                if (_process.HasExited)
                {
                    return;
                }

                StopSent = true;
                if (signal == StopSignal.Kill || OperatingSystem.IsWindows())
                {
                    _process.Kill(entireProcessTree: true);
                }
                else
                {
                    _ = NativeMethods.Kill(_process.Id, NativeMethods.SIGTERM);
                }
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
            {
                log.Debug(e, "Process {Pid} ended while it was being stopped", Handle?.Pid);
            }
        }
    }
}
