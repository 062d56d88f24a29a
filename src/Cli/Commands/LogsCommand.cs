using System.CommandLine;
using System.Globalization;
using System.Text;
using Runner.Cli.Arguments;
using Runner.Client;
using Runner.Messages.Http;

namespace Runner.Cli.Commands;

/// <summary><c>runner run logs</c>: the program's standard output on standard output, its standard error on standard error.</summary>
internal static class LogsCommand
{
    public static Command Create(ClientCommand client)
    {
        var id = RunCommands.Id(client);
        var follow = Values.Flag("--follow", "Go on as output comes, to the run's end.");
        var stream = Values.Word("--stream", "Only this output; both if left out.", ("stdout", LogStream.Stdout), ("stderr", LogStream.Stderr));
        var from = Values.Text("--from", "Begin here: ATTEMPT:STDOUT-OFFSET:STDERR-OFFSET, or with --stream an offset in bytes.", "POSITION");
        var attempt = Values.Integer("--attempt", "Of this attempt; the latest, or with --follow all, if left out.", Queries.Attempt);
        var tail = Values.Integer("--tail", "Only so many last lines of each output; with --follow, and then go on.", Queries.Tail);
        var since = Values.Text(
            "--since", "Only what came since: an instant, or how long ago (10m); of the latest attempt unless one is named.", "TIME");
        var timestamps = Values.Flag("--timestamps", "Say when each line came, to a second at worst.");
        var command = new Command("logs", "Print what a run's program has written.") { id, follow, tail, since, timestamps, stream, from, attempt };
        return client.With(command, "runner run logs 0192f0c1 --follow", async call =>
        {
            var asked = new Asked(call.Get(stream), call.Get(from), call.Get(attempt), call.Get(tail),
                Values.Past("--since", call.Get(since), call.Context.Time), call.Get(timestamps));
            asked.Check(call.Json && !call.Get(follow));
            var run = await RunIds.ResolveAsync(call.Client, call.Get(id), call.Cancel).ConfigureAwait(false);
            return call.Get(follow)
                ? await FollowAsync(call, run, asked).ConfigureAwait(false)
                : await CopyAsync(call, run, asked).ConfigureAwait(false);
        });
    }

    private static async Task<int> FollowAsync(ClientCall call, Guid run, Asked asked)
    {
        try
        {
            var times = asked.Timestamps && !call.Json ? new LineTimes() : null;
            var lines = call.Client.FollowLogsAsync(
                run, asked.Stream, asked.From, asked.Attempt, !call.Json, asked.Tail, asked.Since, asked.Timestamps, call.Cancel);
            await foreach (var line in lines.ConfigureAwait(false))
            {
                if (times?.Before(line) is { } time)
                {
                    call.Context.Write(line.Stream, Encoding.ASCII.GetBytes(time));
                }

                Print(call, line);
            }

            return ExitCodes.Success;
        }
        catch (OperationCanceledException)
        {
            RunFollower.SayDetached(call.Context, run);
            return ExitCodes.Interrupted;
        }
    }

    public static void Print(ClientCall call, LogLine line)
    {
        if (line.Problem is { } problem && !call.Json)
        {
            SayLeftOut(call, line.Attempt, line.Stream, problem);
        }
        else if (call.Json)
        {
            call.Context.WriteJson(line, ClientJson.Default.LogLine);
        }
        else
        {
            call.Context.Write(line.Stream, line.ToBytes());
        }
    }

    private static void SayLeftOut(ClientCall call, int attempt, LogStream stream, string why) => call.Context.WriteErrorLine(string.Create(
        CultureInfo.InvariantCulture,
        $"Left out, the {(stream == LogStream.Stdout ? "output" : "error output")} of attempt {attempt}: {Terminal.Printable.Line(why)}"));

    /// <summary>What there is now, byte by byte as the program wrote it.</summary>
    private static async Task<int> CopyAsync(ClientCall call, Guid run, Asked asked)
    {
        var position = LogPosition.TryParse(asked.From, out var p) ? p : (LogPosition?)null;
        var latest = asked.Attempt ?? (await call.Client.RunAsync(run, call.Cancel).ConfigureAwait(false)).Attempt;
        var first = asked.Attempt ?? position?.Attempt ?? latest;
        if (latest == 0)
        {
            call.Context.WriteErrorLine("No output: the run has not started yet. --follow waits for it.");
            return ExitCodes.Success;
        }

        var exitCode = ExitCodes.Success;
        for (var attempt = Math.Max(1, first); attempt <= latest; attempt++)
        {
            foreach (var stream in asked.Stream is { } one ? [one] : new[] { LogStream.Stdout, LogStream.Stderr })
            {
                try
                {
                    await CopyAsync(call, run, attempt, stream, asked.OffsetIn(attempt, stream, position), asked).ConfigureAwait(false);
                }
                catch (RunnerApiException e) when (e.Code == "output-replaced")
                {
                    // The other one, and those of other attempts, are there all the same.
                    SayLeftOut(call, attempt, stream, e.Message);
                    exitCode = ExitCodes.Error;
                }
            }
        }

        return exitCode;
    }

    private static async Task CopyAsync(ClientCall call, Guid run, int attempt, LogStream stream, long from, Asked asked)
    {
        if (call.Json && await call.Client.MaskedLogEndAsync(run, stream, attempt, call.Cancel).ConfigureAwait(false) is { } end)
        {
            // Where values are masked the bytes that come do not say where in the file they are: the node does.
            await FollowToAsync(call, run, attempt, stream, from, end.OffsetOf(stream)).ConfigureAwait(false);
            return;
        }

        if (call.Json)
        {
            await using var lines = new LogLineWriter(call, attempt, stream, from);
            await call.Client.CopyLogAsync(run, stream, lines, attempt, from, cancel: call.Cancel).ConfigureAwait(false);
            return;
        }

        var destination = stream == LogStream.Stdout ? call.Context.RawOut : call.Context.RawError;
        await call.Client.CopyLogAsync(run, stream, destination, attempt, from, asked.Tail, asked.Since, asked.Timestamps, call.Cancel)
            .ConfigureAwait(false);
        await destination.FlushAsync(call.Cancel).ConfigureAwait(false);
    }

    private static async Task FollowToAsync(ClientCall call, Guid run, int attempt, LogStream stream, long from, long end)
    {
        if (from >= end)
        {
            return;
        }

        var first = from > 0 ? from.ToString(CultureInfo.InvariantCulture) : null;
        await foreach (var line in call.Client.FollowLogsAsync(run, stream, first, attempt, cancel: call.Cancel).ConfigureAwait(false))
        {
            Print(call, line);
            if (!LogPosition.TryParse(line.Position, out var position) || position.OffsetOf(stream) >= end)
            {
                return;
            }
        }
    }

    /// <summary>The times before lines that come in pieces.</summary>
    private sealed class LineTimes
    {
        private readonly HashSet<(int Attempt, LogStream Stream)> _within = [];

        /// <summary>What stands before a piece; null if it goes on with a line.</summary>
        public string? Before(LogLine line)
        {
            var begins = _within.Add((line.Attempt, line.Stream));
            if (line.Text.EndsWith('\n'))
            {
                _within.Remove((line.Attempt, line.Stream));
            }

            return begins && line.Problem is null ? Instants.Milliseconds(line.Time ?? DateTimeOffset.UnixEpoch) + " " : null;
        }
    }

    private sealed record Asked(LogStream? Stream, string? From, int? Attempt, int? Tail, DateTimeOffset? Since, bool Timestamps)
    {
        private long? PlainOffset =>
            long.TryParse(From, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : null;

        /// <param name="copiesAsJson">Whether positions are counted here, from where the output begins.</param>
        public void Check(bool copiesAsJson)
        {
            if (Tail is not null && (From is not null || copiesAsJson))
            {
                throw new UsageException(
                    From is null ? "--tail: with --json it needs --follow." : "--tail and --from both say where to begin; give one of them.");
            }

            if (Since is not null && (From is not null || Tail is not null))
            {
                throw new UsageException($"--since and {(From is null ? "--tail" : "--from")} both say where to begin; give one of them.");
            }

            if (copiesAsJson && (Since is not null || Timestamps))
            {
                throw new UsageException($"{(Timestamps ? "--timestamps" : "--since")}: with --json it needs --follow.");
            }

            if (From is null || LogPosition.TryParse(From, out _))
            {
                return;
            }

            if (PlainOffset is null)
            {
                throw new UsageException($"--from: expected ATTEMPT:STDOUT-OFFSET:STDERR-OFFSET, or an offset in bytes; there is '{From}'.");
            }

            if (Stream is null)
            {
                throw new UsageException("--from: an offset alone needs --stream to say of which output it is.");
            }
        }

        public long OffsetIn(int attempt, LogStream stream, LogPosition? position) =>
            position is { } p ? p.Attempt == attempt ? p.OffsetOf(stream) : 0 : PlainOffset ?? 0;
    }
}
