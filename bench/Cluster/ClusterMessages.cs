using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Runner.Client;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;
using Runner.Proxy;

namespace Runner.Bench.Cluster;

/// <summary>
/// <c>SubmitRun</c> and <c>CancelRun</c> at a fixed rate, half of each by the C# client to all nodes in turn and half by an Akka.NET application that
/// is a member; one in five is sent twice at once, by the other way, so to another node. One node is killed in between and started again. Most runs
/// are due in an hour and are cancelled; one in twenty has a program, which says itself that it lives.
/// </summary>
internal static class ClusterMessages
{
    private const int Doubled = 5;
    private const int WithProgram = 20;
    private const int Deployments = 200;
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task MeasureAsync(Report report)
    {
        var (rate, lasts) = (Scale.Of(1_000, 200), Scale.OfSeconds(60, 15));
        var rig = await ClusterRig.StartAsync("messages").ConfigureAwait(false);
        await using (rig.ConfigureAwait(false))
        {
            using var application = await StartApplicationAsync(rig).ConfigureAwait(false);
            using var sender = new Sender(rig.Clients, application.Services.GetRequiredService<IRequiredActor<RunnerProxy>>().ActorRef);
            await rig.Clients[0].RegisterAsync([.. Enumerable.Range(0, Deployments).Select(i => new DeploymentSpec
            {
                Name = ClusterLoad.Name(i), Command = ["/bin/sh", rig.Lives.Script, "0.1"], Workdir = "/",
                Env = ImmutableSortedDictionary<string, EnvValue?>.Empty.Add("LIVES", rig.Lives.Folder),
            })]).ConfigureAwait(false);

            var sending = sender.RunAsync(rate, lasts);
            await Pause.For(lasts / 3).ConfigureAwait(false);
            var victim = rig.Nodes[1];
            ClusterRig.Say($"killing {victim.Name}; the machine's load is {ClusterRig.LoadOfMachine()}");
            await rig.KillAsync(victim).ConfigureAwait(false);
            var back = await rig.RestartAsync(victim).ConfigureAwait(false);
            ClusterRig.Say(string.Create(CultureInfo.InvariantCulture, $"it is a member again after {back.TotalSeconds:0.0} s"));
            var took = await sending.ConfigureAwait(false);
            var load = ClusterRig.LoadOfMachine();
            ClusterRig.Say($"all are answered; what is due in an hour and was not cancelled is now");
            await sender.CancelRestAsync().ConfigureAwait(false);
            await CheckAsync(rig, sender).ConfigureAwait(false);
            await rig.JudgeAsync().ConfigureAwait(false);
            report.Add(
                string.Create(CultureInfo.InvariantCulture, $"SubmitRun and CancelRun, {rate:N0} a second for {lasts.TotalSeconds:0} s, half by the ")
                + "client, half by an application; a node killed in between",
                string.Create(CultureInfo.InvariantCulture, $"{sender.Wanted / took.TotalSeconds:N0} a second were answered, with those sent twice ")
                + string.Create(CultureInfo.InvariantCulture, $"{sender.Sent / took.TotalSeconds:N0}; by the client {sender.ByClient}; ")
                + $"by the application {sender.ByApplication}",
                $"{sender.Summary}; machine's load {load}; {rig.Violations.Count} violations");
        }
    }

    private static async Task<IHost> StartApplicationAsync(ClusterRig rig)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var options = RunnerProxyOptions.Join(rig.Nodes.Select(n => $"akka.tcp://runner@{n.Address}"));
        builder.Services.AddAkka("runner", akka => akka.AddHocon("akka.loglevel = ERROR", HoconAddMode.Prepend).AddRunnerProxy(options));
        var host = builder.Build();
        await host.StartAsync().ConfigureAwait(false);
        return host;
    }

    /// <summary>Each run once, each answered, and what was answered is what the journal has.</summary>
    private static async Task CheckAsync(ClusterRig rig, Sender sender)
    {
        for (var began = Stopwatch.GetTimestamp(); await rig.CountAsync("open_runs").ConfigureAwait(false) is > 0 and var open;)
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                rig.Violations.Add($"{open} runs have not ended");
                break;
            }

            await Pause.For(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false);
        }

        var keys = new ConcurrentDictionary<string, List<Guid>>();
        var ends = new Dictionary<Guid, List<string>>();
        foreach (var row in await rig.Kit.QueryAsync(
            "SELECT persistence_id || E'\\t' || manifest || E'\\t' || convert_from(message, 'UTF8') FROM journal WHERE manifest LIKE 'run.%'")
            .ConfigureAwait(false))
        {
            var parts = row.Split('\t', 3);
            var (id, slash) = (Guid.Parse(parts[0][(parts[0].IndexOf('/', StringComparison.Ordinal) + 1)..]), parts[1].LastIndexOf('/'));
            switch (EventCatalog.Read(
                parts[1][..slash], int.Parse(parts[1][(slash + 1)..], CultureInfo.InvariantCulture), Encoding.UTF8.GetBytes(parts[2])))
            {
                case RunScheduled scheduled:
                    keys.GetOrAdd(scheduled.IdempotencyKey ?? "", _ => []).Add(id);
                    break;
                case RunFinished finished:
                    ends.GetOrAddList(id).Add(finished.Outcome.Name);
                    break;
            }
        }

        foreach (var submission in sender.Submissions)
        {
            var runs = keys.GetValueOrDefault(submission.Key) ?? [];
            var answers = submission.Answers;
            if (submission.Refused is { } refused)
            {
                rig.Violations.Add($"{submission.Key} was refused: {refused}");
            }
            else if (runs.Count != 1 || answers.Any(a => a.Id != runs[0]) || answers.Length == 0)
            {
                rig.Violations.Add($"{submission.Key} is {string.Join(", ", runs)}, and was answered with {string.Join(", ", answers)}");
            }
            else if (answers.Count(a => a.Created) > 1)
            {
                rig.Violations.Add($"{submission.Key} was answered twice that it had been made: {runs[0]}");
            }
        }

        foreach (var (id, names) in ends.Where(e => e.Value.Count > 1))
        {
            rig.Violations.Add($"{id} has ended {names.Count} times: {string.Join(", ", names)}");
        }

        rig.Violations.AddRange(sender.Problems);
        var (lives, problems) = rig.Lives.Read();
        rig.Violations.AddRange(problems);
        rig.Violations.AddRange(
            lives.GroupBy(life => life.Run).Where(run => run.Count() > 1).Select(run => $"began twice: {string.Join(", ", run)}"));
        var made = keys.Values.Sum(k => k.Count);
        sender.Summary = string.Create(
            CultureInfo.InvariantCulture, $"{sender.Submissions.Length:N0} submissions, {made:N0} runs, {sender.Cancels:N0} cancels, ")
            + string.Join(", ", ends.Values.SelectMany(e => e).GroupBy(e => e).Select(g => string.Create(
                CultureInfo.InvariantCulture, $"{g.Count():N0} {g.Key}")))
            + string.Create(CultureInfo.InvariantCulture, $", {lives.Count:N0} lives, {sender.Again:N0} sent again after no answer");
    }

    private static List<string> GetOrAddList(this Dictionary<Guid, List<string>> lists, Guid id) =>
        lists.TryGetValue(id, out var list) ? list : lists[id] = [];

    private sealed class Sender(ImmutableArray<RunnerClient> clients, IActorRef proxy) : IDisposable
    {
        // So many wait for an answer at most: where nobody answers, the load stands.
        private readonly SemaphoreSlim _open = new(2_000);
        private readonly ConcurrentQueue<Submission> _submissions = [];
        private readonly ConcurrentQueue<Guid> _toCancel = [];
        private readonly ConcurrentQueue<string> _problems = [];
        private readonly Samples _byClient = new();
        private readonly Samples _byApplication = new();
        private long _again;

        public Submission[] Submissions => [.. _submissions];

        public IEnumerable<string> Problems => _problems;

        public string Summary { get; set; } = "";

        public long Wanted { get; private set; }

        public long Sent { get; private set; }

        public long Cancels { get; private set; }

        public long Again => _again;

        public string ByClient => _byClient.ToString();

        public string ByApplication => _byApplication.ToString();

        public void Dispose() => _open.Dispose();

        /// <returns>How long it took until all were answered.</returns>
        public async Task<TimeSpan> RunAsync(int rate, TimeSpan lasts)
        {
            var watch = Stopwatch.StartNew();
            var due = Stopclock.Now.AddHours(1);
            var asking = new List<Task>();
            var count = (long)(rate * lasts.TotalSeconds);
            for (long i = 0; i < count; i++)
            {
                if (TimeSpan.FromSeconds((double)i / rate) - watch.Elapsed is { TotalMilliseconds: > 2 } early)
                {
                    await Pause.For(early).ConfigureAwait(false);
                }

                // Submissions and cancels in turn, each by the client and the application in turn.
                var (byClient, ways) = (i / 2 % 2 == 0, i / 4 % Doubled == 0 ? 2 : 1);
                Wanted++;
                if (i % 2 == 0 || !_toCancel.TryDequeue(out var run))
                {
                    var n = _submissions.Count;
                    var submission = new Submission($"key-{n}", ClusterLoad.Name((int)(n * 617 % Deployments)));
                    _submissions.Enqueue(submission);
                    var command = new SubmitRun(
                        submission.Deployment, At: n % WithProgram == 0 ? null : due, IdempotencyKey: submission.Key);
                    submission.IsCancelled = n % WithProgram != 0;
                    for (var way = 0; way < ways; way++)
                    {
                        asking.Add(await SendAsync(
                            i, byClient == (way == 0), (at, app) => SubmitAsync(submission, command, at, app)).ConfigureAwait(false));
                    }
                }
                else
                {
                    Cancels++;
                    for (var way = 0; way < ways; way++)
                    {
                        asking.Add(await SendAsync(i, byClient == (way == 0), (at, app) => CancelAsync(run, at, app)).ConfigureAwait(false));
                    }
                }
            }

            await Task.WhenAll(asking).ConfigureAwait(false);
            return watch.Elapsed;
        }

        public async Task CancelRestAsync()
        {
            await Parallel.ForEachAsync(
                _toCancel, new ParallelOptions { MaxDegreeOfParallelism = 50 },
                async (run, _) => await CancelAsync(run, 0, byApplication: false).ConfigureAwait(false)).ConfigureAwait(false);
        }

        private async Task<Task> SendAsync(long i, bool byClient, Func<long, bool, Task> send)
        {
            await _open.WaitAsync().ConfigureAwait(false);
            Sent++;
            return MeasuredAsync();

            async Task MeasuredAsync()
            {
                var began = Stopwatch.GetTimestamp();
                try
                {
                    await send(i, !byClient).ConfigureAwait(false);
                }
                catch (Exception e)
                {
                    _problems.Enqueue($"message {i} was not answered: {e.Message}");
                }
                finally
                {
                    _open.Release();
                    var samples = byClient ? _byClient : _byApplication;
                    lock (samples)
                    {
                        samples.Add(Stopwatch.GetElapsedTime(began));
                    }
                }
            }
        }

        private async Task SubmitAsync(Submission submission, SubmitRun command, long at, bool byApplication)
        {
            var (answer, refused) = await AnsweredAsync(command, client => client.SubmitAsync(command), at, byApplication).ConfigureAwait(false);
            if (answer is null)
            {
                submission.Refused = refused;
                return;
            }

            submission.Answered(answer);
            if (submission.IsCancelled && submission.TakesCancel())
            {
                _toCancel.Enqueue(answer.Id);
            }
        }

        private async Task CancelAsync(Guid run, long at, bool byApplication)
        {
            var (answer, refused) = await AnsweredAsync(
                new CancelRun(run), client => client.CancelAsync(run), at, byApplication).ConfigureAwait(false);
            if (answer is null && refused?.Contains("has ended", StringComparison.Ordinal) != true
                && refused?.Contains("already", StringComparison.Ordinal) != true)
            {
                _problems.Enqueue($"the cancel of {run} was refused: {refused}");
            }
        }

        /// <summary>Until a node has answered, with whatever: a reply or a refusal that stays.</summary>
        private async Task<(T? Answer, string? Refused)> AnsweredAsync<T>(
            IRequest<T> request, Func<RunnerClient, Task<T>> ask, long at, bool byApplication)
            where T : class
        {
            for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Patience; at++)
            {
                if (byApplication)
                {
                    var reply = await proxy.AskRunnerAsync(request).ConfigureAwait(false);
                    if (reply.Refusal is null or not (StoreNotAvailable or NodeStopping))
                    {
                        return (reply.Value, reply.Refusal?.Message);
                    }
                }
                else
                {
                    try
                    {
                        return (await ask(clients[(int)(at % clients.Length)]).ConfigureAwait(false), null);
                    }
                    catch (RunnerApiException e) when (e.Status < 500)
                    {
                        return (null, e.Message);
                    }
                    catch (RunnerClientException)
                    {
                        // Another node, or the same one again.
                    }
                }

                Interlocked.Increment(ref _again);
                await Pause.For(AgainAfter).ConfigureAwait(false);
            }

            throw new TimeoutException($"not within {Patience.TotalSeconds:0} s");
        }
    }
}
