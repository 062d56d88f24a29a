using System.Runtime.InteropServices;

namespace Runner.Host.Commands;

/// <summary>What asks a node to stop: the first time gently, the second time at once.</summary>
internal interface IStopSignals
{
    /// <summary>Cancelled by the first signal.</summary>
    CancellationToken First { get; }

    /// <summary>Completes with the second.</summary>
    Task Second { get; }
}

/// <summary>Ctrl-C, SIGTERM and the closing of the terminal.</summary>
internal sealed class StopSignals : IStopSignals, IDisposable
{
    private readonly CancellationTokenSource _first = new();
    private readonly TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
    ];

    public CancellationToken First => _first.Token;

    public Task Second => _second.Task;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _first.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        // Ours to act on: the default action would end the process under its programs.
        context.Cancel = true;
        if (Interlocked.Increment(ref _count) == 1)
        {
            _first.Cancel();
        }
        else
        {
            _second.TrySetResult();
        }
    }
}
