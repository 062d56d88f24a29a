using System.Globalization;
using Runner.Cli.Terminal;
using Runner.Messages;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary>Waits for a run and turns its end into an exit code; prints its output and its states meanwhile if so asked.</summary>
internal sealed class RunFollower(ClientCall call, Guid run, bool follow, TimeSpan? timeout)
{
    public static void SayDetached(CliContext context, Guid run) =>
        context.WriteErrorLine($"Stopped following; the run goes on. Cancel it with `runner run cancel {run}`.");

    public static int ExitCodeOf(StateType ended) => ended switch
    {
        StateType.Completed => ExitCodes.Success,
        StateType.Cancelled => ExitCodes.Cancelled,
        StateType.Failed or StateType.Crashed or StateType.Scheduled or StateType.Pending or StateType.Running or StateType.Paused
            or StateType.Cancelling => ExitCodes.Error,
    };

    public async Task<int> WaitAsync()
    {
        using var timer = timeout is { } t
            ? new CancellationTokenSource(t > TimeSpan.FromDays(49) ? TimeSpan.FromDays(49) : t, call.Context.Time)
            : new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, call.Cancel);
        try
        {
            var last = await ReadAsync(stop).ConfigureAwait(false);
            await PrintEndAsync(last).ConfigureAwait(false);
            return ExitCodeOf(last.State.Type);
        }
        catch (OperationCanceledException) when (call.Cancel.IsCancellationRequested)
        {
            SayDetached(call.Context, run);
            return ExitCodes.Interrupted;
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested)
        {
            Errors.Print(
                call.Context,
                $"the run has not ended within {DurationText.Format(timeout!.Value)} and goes on. Cancel it with `runner run cancel {run}`.");
            return ExitCodes.TimedOutWaiting;
        }
    }

    /// <summary>The run's last state, once all its output is printed too.</summary>
    private async Task<RunStateChange> ReadAsync(CancellationTokenSource stop)
    {
        var states = StatesAsync(stop.Token);
        var logs = follow ? LogsAsync(stop.Token) : Task.CompletedTask;
        try
        {
            // Whichever fails first ends the other: half of what was asked for is not waited out.
            await (await Task.WhenAny(states, logs).ConfigureAwait(false)).ConfigureAwait(false);
            await Task.WhenAll(states, logs).ConfigureAwait(false);
            return await states.ConfigureAwait(false);
        }
        finally
        {
            if (!states.IsCompleted || !logs.IsCompleted)
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(states, logs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<RunStateChange> StatesAsync(CancellationToken cancel)
    {
        RunStateChange? last = null;
        await foreach (var change in call.Client.WatchRunAsync(run, cancel: cancel).ConfigureAwait(false))
        {
            last = change;

            // The last one is said when the output is complete.
            if (follow && !change.State.Type.IsTerminal())
            {
                Say(change);
            }
        }

        return last is not null && last.State.Type.IsTerminal()
            ? last
            : throw new Client.UnexpectedAnswerException(call.Client.Url, "it ended a run's stream before the run had ended");
    }

    private async Task LogsAsync(CancellationToken cancel)
    {
        await foreach (var line in call.Client.FollowLogsAsync(run, together: !call.Json, cancel: cancel).ConfigureAwait(false))
        {
            LogsCommand.Print(call, line);
        }
    }

    private async Task PrintEndAsync(RunStateChange last)
    {
        if (follow)
        {
            Say(last);
            return;
        }

        var view = await call.Client.RunAsync(run, call.Cancel).ConfigureAwait(false);
        if (call.Json)
        {
            call.Context.WriteJson(view, MessagesJson.Default.RunView);
            return;
        }

        var took = view is { Started: { } started, Ended: { } ended } ? $" after {Times.Length(ended - started)}" : "";
        call.Context.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Run {run} {RunRendering.Line(call.Context.Style, last, took)}"));
    }

    private void Say(RunStateChange change)
    {
        if (call.Json)
        {
            call.Context.WriteJson(change, MessagesJson.Default.RunStateChange);
        }
        else
        {
            var style = call.Context.ErrorStyle;
            call.Context.WriteErrorLine($"{style.Plain}{style.Dim(call.Context.Times.Local(change.State.At))} {RunRendering.Line(style, change)}");
        }
    }
}
