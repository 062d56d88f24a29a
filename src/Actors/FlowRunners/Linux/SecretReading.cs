using System.Collections.Immutable;
using Runner.Actors.FlowRunners.Secrets;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// Reads the secret values of attempts that are about to start: at once where nothing is run for it, else on threads of its own, since a command may
/// take half a minute and other starts do not wait for it. An attempt that is stopped meanwhile is not started, and its command is killed.
/// </summary>
internal sealed class SecretReading : IDisposable
{
    /// <summary>So many commands run at once; more wait for those.</summary>
    private const int MostAtOnce = 8;

    private readonly AttemptTable _table;
    private readonly Action<TrackedAttempt> _ready;
    private readonly Action<TrackedAttempt, StartFailure> _failed;
    private readonly Lazy<Workers<TrackedAttempt>> _workers;
    private readonly CancellationTokenSource _disposed = new();

    /// <param name="ready">Queues the start of an attempt whose values are read; must not block.</param>
    /// <param name="failed">Says what became of one whose values could not be.</param>
    public SecretReading(AttemptTable table, Action<TrackedAttempt> ready, Action<TrackedAttempt, StartFailure> failed)
    {
        (_table, _ready, _failed) = (table, ready, failed);
        // Threads only where there is something to do for them.
        _workers = new(
            () => new Workers<TrackedAttempt>("secret values", MostAtOnce, 1, batch => batch.ForEach(Read), attempt => attempt, table.Log));
    }

    /// <summary>Whether the attempt may start: it has no secrets, or they have been read. Else it is started once they have been.</summary>
    /// <exception cref="StartFailure">A value cannot be read.</exception>
    public bool IsDone(TrackedAttempt attempt)
    {
        var variables = attempt.Spec.Secrets;
        if (variables.IsEmpty || attempt.Secrets is not null)
        {
            return true;
        }

        if (ProgramFile.Exists(_table.Files.Stdout(attempt.Key)))
        {
            // An earlier life has started it: it is not started again, and needs none.
            attempt.Secrets = SecretValues.None;
            return true;
        }

        if (!variables.Any(v => v.Source is SecretSource.Command))
        {
            attempt.Secrets = SecretValues.Read(
                variables, static (_, _) => throw new InvalidOperationException("There is no command."), CancellationToken.None);
            return true;
        }

        lock (attempt.Gate)
        {
            attempt.Reading = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
            if (attempt.StopOnStart is not null)
            {
                CallOff(_table, attempt);
                return false;
            }
        }

        _workers.Value.Post(attempt);
        return false;
    }

    /// <summary>An attempt whose values are being read is to be stopped: it never starts. Call under its gate.</summary>
    public static void CallOff(AttemptTable table, TrackedAttempt attempt)
    {
        if (attempt.Reading is { } reading)
        {
            reading.Cancel();
            table.Drop(attempt, o => o.NeverStarted());
        }
    }

    public void Dispose()
    {
        _disposed.Cancel();
        if (_workers.IsValueCreated)
        {
            _workers.Value.Dispose();
        }
    }

    // In one piece: the attempt's state is looked at before and after its values are read, and they are its own only if it still waits.
    private void Read(TrackedAttempt attempt)
    {
        CancellationToken cancel;
        lock (attempt.Gate)
        {
            if (attempt.State != TrackedAttempt.Phase.Waiting || attempt.Reading is not { } reading)
            {
                return;
            }

            cancel = reading.Token;
        }

        SecretValues? values = null;
        StartFailure? failure = null;
        try
        {
            values = SecretValues.Read(attempt.Spec.Secrets, Run, cancel);
        }
        catch (StartFailure e)
        {
            failure = e;
        }
        catch (OperationCanceledException)
        {
            // It has been dropped already, or the node ends.
            return;
        }

        lock (attempt.Gate)
        {
            if (attempt.State != TrackedAttempt.Phase.Waiting)
            {
                return;
            }

            attempt.Reading!.Dispose();
            (attempt.Reading, attempt.Secrets) = (null, values);
        }

        if (failure is null)
        {
            _ready(attempt);
        }
        else
        {
            _failed(attempt, failure);
        }
    }

    private static byte[] Run(ImmutableArray<string> command, CancellationToken cancel) => SecretCommand.Run(command, SecretCommand.Longest, cancel);
}
