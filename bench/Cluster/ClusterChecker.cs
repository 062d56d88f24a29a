using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Bench.Cluster;

/// <summary>What the journal has of one run.</summary>
internal sealed class JournalRun
{
    public List<(long Sequence, DateTimeOffset At, IRunEvent Event)> Events { get; } = [];

    public RunScheduled? Scheduled => Events.Select(e => e.Event).OfType<RunScheduled>().FirstOrDefault();

    public RunFinished? Finished => Events is [.., (_, _, RunFinished last)] ? last : null;

    /// <summary>When an attempt was over by the journal; null if it has not been.</summary>
    public DateTimeOffset? OverAt(int attempt) => Events.Where(e =>
        e.Event is AttemptRetrying retrying ? retrying.Attempt == attempt : e.Event is RunFinished finished && finished.Attempt == attempt)
        .Select(e => (DateTimeOffset?)e.At).FirstOrDefault();

    public string History() => string.Join("; ", Events.Select(e => string.Create(CultureInfo.InvariantCulture,
        $"{e.Sequence} {e.At:HH:mm:ss.fff} {Words(e.Event)}")));

    private static string Words(IRunEvent @event) => @event switch
    {
        AttemptStarting e => $"starting {e.Attempt} on {e.Node} [{string.Join(", ", e.Slots.Select(s => $"{s.Limit}#{s.Number}"))}]",
        AttemptRunning e => $"running {e.Attempt} as {e.Pid}",
        AttemptRetrying e => $"retrying after {e.Attempt}: {e.Outcome.Name} {e.Outcome.Message}",
        RunFinished e => $"finished {e.Attempt}: {e.Outcome.Name} {e.Outcome.Message}",
        _ => @event.GetType().Name,
    };
}

/// <summary>
/// Holds what was submitted, what the programs wrote themselves and what the journal and the rows say against each other. It shares nothing with the
/// nodes but the names of events.
/// </summary>
internal sealed class ClusterChecker(ClusterRig rig)
{
    // Two clocks, read one after the other, and a machine that is busy.
    private const double Slack = 0.1;

    // So long the end of a program may be on its way to the journal on a busy machine: a node that is lost meanwhile says it again when it is back.
    private const double OnItsWay = 5;

    private readonly List<string> _violations = [];
    private readonly Dictionary<Guid, JournalRun> _journal = [];

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>What it counted, in words.</summary>
    public string Summary { get; private set; } = "";

    /// <summary>By how much programs began later than they were due that no limit held back, in seconds.</summary>
    /// <param name="scheduled">Those of schedules, or those that were asked for.</param>
    public IEnumerable<(Life Life, double By)> Late(bool scheduled)
    {
        var startOfClock = Stopclock.Now - TimeSpan.FromSeconds(ProgramLives.Uptime());
        return rig.Lives.Read().Lives.Where(life => life.Attempt == 1 && !IsLimited(life))
            .Select(life => (Life: life, Run: _journal.GetValueOrDefault(life.Run)?.Scheduled))
            .Where(of => of.Run is not null && of.Run.Schedule is not null == scheduled)
            .Select(of => (of.Life, of.Life.Began - (of.Run!.Due - startOfClock).TotalSeconds));
    }

    /// <summary>Waits until all runs have ended, as long as some still do, and checks.</summary>
    /// <param name="allComplete">Whether every run is to end with exit code 0.</param>
    public async Task CheckAsync(bool allComplete)
    {
        await AllEndedAsync().ConfigureAwait(false);
        await ReadJournalAsync().ConfigureAwait(false);
        var (lives, problems) = rig.Lives.Read();
        _violations.AddRange(problems);
        _violations.AddRange(rig.Violations);
        var submitted = CheckSubmissions();
        var unknown = CheckRuns(lives, allComplete);
        var lags = CheckLags(lives);
        CheckLives(lives);
        CheckAtOnce("the limit " + ClusterLoad.Limit, lives.Where(IsLimited), ClusterLoad.LimitSize);
        var limited = AtOnce(lives.Where(IsLimited));
        foreach (var node in lives.GroupBy(life => life.Node))
        {
            CheckAtOnce($"the limit of {node.Key}", node, rig.NodeLimit);
        }

        await CheckRowsAsync().ConfigureAwait(false);
        var outcomes = _journal.Values.Where(r => r.Finished is not null).GroupBy(r => r.Finished!.Outcome.Name)
            .OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count():N0} {g.Key}");
        Summary = string.Create(CultureInfo.InvariantCulture, $"{submitted:N0} submitted ({rig.Load.Repeated:N0} requests sent again), ended: ")
            + string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", outcomes)}; {lives.Count:N0} lives, {AtOnce(lives)} at once at most, ")
            + string.Create(CultureInfo.InvariantCulture, $"of the limit {limited}; ")
            + (unknown > 0 ? string.Create(CultureInfo.InvariantCulture, $"{unknown} of the crashed whose node was killed meanwhile; ") : "")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"end of a program, or return of its node, to the end of its attempt: p99 {lags.Percentile(99) / 1000:0.00} s, ")
            + string.Create(CultureInfo.InvariantCulture, $"max {lags.Percentile(100) / 1000:0.00} s; {_violations.Count} violations");
    }

    private static int AtOnce(IEnumerable<Life> lives)
    {
        var (now, most) = (0, 0);
        foreach (var (_, step) in Steps(lives))
        {
            most = Math.Max(most, now += step);
        }

        return most;
    }

    // Of what happened in the same hundredth ends come first.
    private static IEnumerable<(double At, int Step)> Steps(IEnumerable<Life> lives) =>
        lives.Where(life => life.Ended is not null).SelectMany(life => ((double, int)[])[(life.Began, 1), (life.Ended!.Value, -1)]).Order();

    private async Task AllEndedAsync()
    {
        var (last, since) = (-1L, 0d);
        for (; ; await Pause.For(TimeSpan.FromMilliseconds(500)).ConfigureAwait(false))
        {
            var open = await rig.CountAsync("open_runs").ConfigureAwait(false);
            if (open == 0)
            {
                return;
            }

            (last, since) = open == last ? (last, since) : (open, ProgramLives.Uptime());
            if (ProgramLives.Uptime() - since > rig.StuckAfter.TotalSeconds)
            {
                // Each of them is told below.
                return;
            }
        }
    }

    private async Task ReadJournalAsync()
    {
        var rows = await rig.Kit.QueryAsync(
            "SELECT persistence_id || E'\\t' || sequence_number || E'\\t' || created || E'\\t' || manifest || E'\\t' "
            + "|| convert_from(message, 'UTF8') "
            + "FROM journal WHERE manifest LIKE 'run.%' ORDER BY persistence_id, sequence_number").ConfigureAwait(false);
        foreach (var row in rows)
        {
            var parts = row.Split('\t', 5);
            var id = Guid.Parse(parts[0][(parts[0].IndexOf('/', StringComparison.Ordinal) + 1)..]);
            var slash = parts[3].LastIndexOf('/');
            var @event = (IRunEvent)EventCatalog.Read(
                parts[3][..slash], int.Parse(parts[3][(slash + 1)..], CultureInfo.InvariantCulture), Encoding.UTF8.GetBytes(parts[4]));
            if (!_journal.TryGetValue(id, out var run))
            {
                _journal.Add(id, run = new JournalRun());
            }

            run.Events.Add((long.Parse(parts[1], CultureInfo.InvariantCulture),
                new DateTimeOffset(long.Parse(parts[2], CultureInfo.InvariantCulture), TimeSpan.Zero), @event));
        }
    }

    private int CheckSubmissions()
    {
        var submissions = rig.Load.Submissions;
        var known = new HashSet<Guid>();
        foreach (var submission in submissions)
        {
            var answers = submission.Answers;
            var ids = answers.Select(a => a.Id).Distinct().ToArray();
            if (submission.Refused is { } why)
            {
                _violations.Add($"{submission.Key} of {submission.Deployment} was refused: {why}");
            }

            if (ids.Length > 1)
            {
                _violations.Add($"{submission.Key} of {submission.Deployment} is more than one run: {string.Join(", ", ids)}");
            }

            if (answers.Count(a => a.Created) > 1)
            {
                _violations.Add($"{submission.Key} of {submission.Deployment} was answered twice that it had been made: {ids[0]}");
            }

            foreach (var id in ids)
            {
                known.Add(id);
                if (!_journal.TryGetValue(id, out var run) || run.Scheduled is null)
                {
                    _violations.Add($"{submission.Key} of {submission.Deployment} was answered with {id}, of which the journal has nothing");
                }
                else if (run.Scheduled.IdempotencyKey != submission.Key || run.Scheduled.Deployment != submission.Deployment)
                {
                    _violations.Add($"{submission.Key} was answered with {id}, which is {run.Scheduled.IdempotencyKey}'s");
                }
            }
        }

        var keys = submissions.Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var (id, run) in _journal.Where(run => !known.Contains(run.Key)))
        {
            // Where no answer came the run may be there all the same: once.
            if (run.Scheduled?.Schedule is null && (run.Scheduled?.IdempotencyKey is not { } key || !keys.Remove(key)))
            {
                _violations.Add($"{id} is nobody's run: {run.History()}");
            }
        }

        return submissions.Length;
    }

    /// <summary>How long it took until what had become of programs was durable.</summary>
    private Samples CheckLags(List<Life> lives)
    {
        var startOfClock = Stopclock.Now - TimeSpan.FromSeconds(ProgramLives.Uptime());
        var lags = new Samples();
        foreach (var life in lives.Where(life => life.Ended is not null))
        {
            var known = rig.Down.Where(d => (d.Node == life.Node || d.Node.Length == 0)
                && d.From - OnItsWay <= life.Ended && life.Ended <= d.To).Select(d => d.To)
                .Append(life.Ended!.Value).Max();
            if (_journal.TryGetValue(life.Run, out var run) && (run.OverAt(life.Attempt) - startOfClock)?.TotalSeconds is { } over)
            {
                lags.Add(TimeSpan.FromSeconds(Math.Max(0, over - known)));
                if (over - known > rig.MostLag)
                {
                    _violations.Add(string.Create(
                        CultureInfo.InvariantCulture, $"the end of a program was taken note of after {over - known:0.0} s: {life}; {run.History()}"));
                }
            }
        }

        return lags;
    }

    /// <summary>Whether what is told is that nobody saw the end, and the node was killed while the program lived: then so it is.</summary>
    private bool IsUnknownEnd(RunFinished finished, IEnumerable<Life> lives) =>
        finished.Outcome.Message?.StartsWith("How the process ended is not known", StringComparison.Ordinal) == true
        && lives.Where(life => life.Attempt == finished.Attempt).Any(life => rig.Down.Any(d =>
            d.Node == life.Node && life.Began <= d.From + Slack && !(life.Ended < d.From - Slack)));

    private int CheckRuns(List<Life> lives, bool allComplete)
    {
        var unknown = 0;
        var byRun = lives.ToLookup(life => life.Run);
        foreach (var (id, run) in _journal)
        {
            if (run.Finished is not { } finished)
            {
                _violations.Add($"{id} has not ended: {run.History()}; lives: {string.Join(", ", byRun[id])}");
                continue;
            }

            var completed = finished.Outcome.Type == StateType.Completed;
            if (completed && !byRun[id].Any(life => life.Attempt == finished.Attempt && life is { Ended: not null, Stopped: false }))
            {
                _violations.Add($"{id} is Completed, and no program of it came to its end: {run.History()}; lives: {string.Join(", ", byRun[id])}");
            }

            if (!completed && IsUnknownEnd(finished, byRun[id]))
            {
                unknown++;
            }
            else if (!completed && allComplete)
            {
                _violations.Add($"{id} did not end well: {run.History()}; lives: {string.Join(", ", byRun[id])}");
            }
        }

        return unknown;
    }

    private void CheckLives(List<Life> lives)
    {
        var alive = rig.Lives.Alive();
        var startOfClock = Stopclock.Now - TimeSpan.FromSeconds(ProgramLives.Uptime());
        foreach (var run in lives.GroupBy(life => life.Run))
        {
            if (!_journal.TryGetValue(run.Key, out var journal))
            {
                _violations.Add($"the journal has nothing of a program that lived: {run.First()}");
                continue;
            }

            var started = journal.Events.Select(e => e.Event).OfType<AttemptStarting>().ToLookup(e => e.Attempt);
            foreach (var life in run.Where(life => !started.Contains(life.Attempt)))
            {
                _violations.Add($"a program that the journal does not know to have begun: {life}; {journal.History()}");
            }

            foreach (var twice in run.GroupBy(life => life.Attempt).Where(g => g.Count() > 1))
            {
                _violations.Add($"an attempt that began twice: {string.Join(", ", twice)}; {journal.History()}");
            }

            var ordered = run.OrderBy(life => life.Began).ToArray();
            foreach (var (former, next) in ordered.Zip(ordered.Skip(1)))
            {
                // Who was killed could not say when: not after the journal has it for over.
                var over = former.Ended ?? ((journal.OverAt(former.Attempt) - startOfClock)?.TotalSeconds - Slack);
                if (over is null || next.Began < over)
                {
                    _violations.Add($"two lives of a run at once: {former}, {next}; {journal.History()}");
                }
            }

            foreach (var life in run.Where(life => life.Ended is null))
            {
                if (journal.OverAt(life.Attempt) is not null && alive.Contains(life.Pid))
                {
                    _violations.Add($"a program that goes on though its attempt is over: {life}; {journal.History()}");
                }
            }
        }
    }

    private void CheckAtOnce(string what, IEnumerable<Life> lives, int limit)
    {
        var all = lives.ToArray();
        var now = 0;
        foreach (var (at, step) in Steps(all))
        {
            if ((now += step) > limit && step > 0)
            {
                var who = all.Where(life => life.Began <= at && life.Ended > at).Select(life => life.ToString());
                _violations.Add(string.Create(
                    CultureInfo.InvariantCulture, $"{now} at once at {at:0.00} where {what} allows {limit}: {string.Join(", ", who)}"));
                return;
            }
        }
    }

    private async Task CheckRowsAsync()
    {
        if (_journal.Values.Any(run => run.Finished is null))
        {
            return;
        }

        foreach (var table in (string[])["open_runs", "waiters", "slots"])
        {
            if (await rig.CountAsync(table).ConfigureAwait(false) is > 0 and var left)
            {
                var rows = await rig.Kit.QueryAsync($"SELECT t::text FROM {table} t LIMIT 10").ConfigureAwait(false);
                _violations.Add($"all runs have ended, and {table} has {left} rows: {string.Join(", ", rows)}");
            }
        }

        var listed = await rig.Kit.QueryAsync("SELECT \"key\" || ' ' || state_name FROM runs").ConfigureAwait(false);
        if (listed.Length != _journal.Count)
        {
            _violations.Add($"{listed.Length} runs are listed, and the journal has {_journal.Count}");
        }

        foreach (var parts in listed.Select(row => row.Split(' ')))
        {
            if (!_journal.TryGetValue(Guid.Parse(parts[0]), out var run) || run.Finished!.Outcome.Name != parts[1])
            {
                _violations.Add($"{parts[0]} is listed as {parts[1]}: {run?.History()}");
            }
        }
    }

    private bool IsLimited(Life life) =>
        _journal.TryGetValue(life.Run, out var run) && run.Scheduled is { } scheduled
        && ClusterLoad.IsLimited(int.Parse(scheduled.Deployment[(scheduled.Deployment.IndexOf('d', 5) + 1)..], CultureInfo.InvariantCulture));
}
