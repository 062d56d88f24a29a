using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Bench.Cluster;

/// <summary>A run that somebody wants: it is asked for under one key until a node has answered.</summary>
internal sealed class Submission(string key, string deployment)
{
    private readonly List<(Guid Id, bool Created)> _answers = [];
    private int _cancels;

    public string Key => key;

    public string Deployment => deployment;

    /// <summary>Why it was refused for good; null if it was not.</summary>
    public string? Refused { get; set; }

    /// <summary>Whether its run is to be cancelled.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>True once: of two answers one has it cancelled.</summary>
    public bool TakesCancel() => Interlocked.Exchange(ref _cancels, 1) == 0;

    public ImmutableArray<(Guid Id, bool Created)> Answers
    {
        get
        {
            lock (_answers)
            {
                return [.. _answers];
            }
        }
    }

    public void Answered(RunSubmitted answer)
    {
        lock (_answers)
        {
            _answers.Add((answer.Id, answer.Created));
        }
    }
}

/// <summary>
/// Runs submitted at a fixed rate over HTTP to all nodes in turn, each under a key of its own; one in ten is asked for twice at once, of two nodes.
/// A node that does not answer is left for the next one, with the same key, for as long as it takes.
/// </summary>
/// <param name="clients">One of each node.</param>
/// <param name="count">How many deployments there are; every third has the shared limit.</param>
/// <param name="rate">Runs a second.</param>
internal sealed class ClusterLoad(ImmutableArray<RunnerClient> clients, int count, double rate) : IDisposable
{
    public const string Limit = "shared";
    public const int LimitSize = 20;
    private const int Doubled = 10;
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(100);

    // So many wait for an answer at most: where all nodes are away the load stands.
    private readonly SemaphoreSlim _open = new(300);
    private readonly List<Submission> _submissions = [];
    private readonly ConcurrentBag<Task> _asked = [];
    private int _more;
    private int _schedules;
    private long _tries;
    private long _answered;

    public ImmutableArray<Submission> Submissions
    {
        get
        {
            lock (_submissions)
            {
                return [.. _submissions];
            }
        }
    }

    public void Dispose() => _open.Dispose();

    /// <summary>Requests that had no answer, and were sent again.</summary>
    public long Repeated => _tries - _answered;

    public long Answered => Interlocked.Read(ref _answered);

    public TimeSpan Took { get; private set; }

    public static bool IsLimited(int number) => number % 3 == 0;

    public static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"load/d{number}");

    /// <summary>Registers the deployments and sets the limit.</summary>
    public async Task DeployAsync(ProgramLives lives, NodeLossSpec? loss)
    {
        await clients[0].SetLimitAsync(Limit, LimitSize).ConfigureAwait(false);
        foreach (var part in Enumerable.Range(0, count).Select(i => Spec(i, lives, loss)).Chunk(100))
        {
            await clients[0].RegisterAsync([.. part]).ConfigureAwait(false);
        }
    }

    /// <summary>Registers some with a schedule of every second each, whose programs live for 0.2 s and no limit holds back.</summary>
    public async Task ScheduleAsync(ProgramLives lives, int schedules)
    {
        _schedules = schedules;
        await clients[0].RegisterAsync([.. Enumerable.Range(0, schedules).Select(i => Spec(Scheduled(i), lives, null) with
        {
            Parameters = Seconds(0.2),
            Schedules =
            [
                new ScheduleSpec { Interval = TimeSpan.FromSeconds(1), Anchor = DateTimeOffset.UnixEpoch.AddMilliseconds(1_000 * i / schedules) },
            ],
        })]).ConfigureAwait(false);
    }

    /// <summary>Their schedules make no more runs.</summary>
    public async Task UnscheduleAsync()
    {
        for (var i = 0; i < _schedules; i++)
        {
            await clients[0].PauseDeploymentAsync(Name(Scheduled(i))).ConfigureAwait(false);
        }
    }

    /// <summary>Submits one more, without waiting for its answer.</summary>
    public void Submit(int number, double seconds)
    {
        var submission = new Submission(string.Create(CultureInfo.InvariantCulture, $"more-{Interlocked.Increment(ref _more)}"), Name(number));
        lock (_submissions)
        {
            _submissions.Add(submission);
        }

        _asked.Add(AskInTurnAsync(submission, new SubmitRun(submission.Deployment, Seconds(seconds), IdempotencyKey: submission.Key), number));
    }

    private async Task AskInTurnAsync(Submission submission, SubmitRun command, int first)
    {
        await _open.WaitAsync().ConfigureAwait(false);
        await AskAsync(submission, command, first).ConfigureAwait(false);
    }

    /// <summary>Submits until it is told to stop; ends when every submission has been answered.</summary>
    public async Task RunAsync(CancellationToken until)
    {
        var watch = Stopwatch.StartNew();
        var asking = new HashSet<Task>();
        for (long i = 0; !until.IsCancellationRequested; i++)
        {
            if (TimeSpan.FromSeconds(i / rate) - watch.Elapsed is { Ticks: > 0 } early)
            {
                await Pause.For(early).ConfigureAwait(false);
            }

            var number = (int)(i * 617 % count);
            var submission = new Submission(string.Create(CultureInfo.InvariantCulture, $"key-{i}"), Name(number));
            lock (_submissions)
            {
                _submissions.Add(submission);
            }

            var command = new SubmitRun(submission.Deployment, Seconds(LengthOf(i, IsLimited(number))), IdempotencyKey: submission.Key);
            for (var twice = i % Doubled == 0 ? 2 : 1; twice > 0; twice--)
            {
                await _open.WaitAsync(CancellationToken.None).ConfigureAwait(false);
                asking.Add(AskAsync(submission, command, (int)((i + twice) % clients.Length)));
            }

            if (asking.Count > 1_000)
            {
                asking.RemoveWhere(t => t.IsCompletedSuccessfully);
            }
        }

        Took = watch.Elapsed;
        await Task.WhenAll([.. asking, .. _asked]).ConfigureAwait(false);
    }

    private static DeploymentSpec Spec(int number, ProgramLives lives, NodeLossSpec? loss) => new()
    {
        Name = Name(number),
        Command = ["/bin/sh", lives.Script, "{{ parameters.seconds }}"],
        Workdir = "/",
        Parameters = Seconds(1),
        Env = ImmutableSortedDictionary<string, EnvValue?>.Empty.Add("LIVES", lives.Folder),
        Limits = IsLimited(number) ? [Limit] : [],
        OnNodeLoss = loss,
        StopGrace = TimeSpan.FromSeconds(2),
    };

    /// <summary>Beyond all others, and none that is limited.</summary>
    private static int Scheduled(int number) => 1_000_000 + (3 * number);

    /// <summary>0.1 to 20 s, shorter ones more often, 5.6 s on average; those of the limit 0.1 to 2 s, so that it is nearly full and not overrun.
    /// </summary>
    private static double LengthOf(long i, bool limited)
    {
        var part = i * 0.6180339887498949 % 1;
        return limited ? 0.1 + 1.9 * part : 0.1 + 19.9 * Math.Pow(part, 2.6);
    }

    private static ImmutableSortedDictionary<string, JsonElement> Seconds(double seconds)
    {
        using var text = JsonDocument.Parse(seconds.ToString("0.00", CultureInfo.InvariantCulture));
        return ImmutableSortedDictionary<string, JsonElement>.Empty.Add("seconds", text.RootElement.Clone());
    }

    private async Task AskAsync(Submission submission, SubmitRun command, int first)
    {
        try
        {
            for (var began = Stopwatch.GetTimestamp(); ; first++)
            {
                Interlocked.Increment(ref _tries);
                try
                {
                    submission.Answered(await clients[first % clients.Length].SubmitAsync(command).ConfigureAwait(false));
                    Interlocked.Increment(ref _answered);
                    return;
                }
                catch (RunnerClientException e)
                {
                    if (e is RunnerApiException { Status: < 500 } || Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(5))
                    {
                        submission.Refused = e.Message;
                        return;
                    }
                }

                await Pause.For(AgainAfter).ConfigureAwait(false);
            }
        }
        finally
        {
            _open.Release();
        }
    }
}
