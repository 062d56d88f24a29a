using Runner.Actors;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>Somebody who does all that can be done, at random, and remembers what was promised.</summary>
internal sealed class RandomUser(World world, SimulatedRandom random)
{
    private const int Deployments = 6;
    private const int MostOpenRuns = 120;

    private readonly SortedDictionary<string, DeploymentSpec> _declared = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Deployment, string Key), Guid> _keys = [];
    private readonly List<Guid> _known = [];
    private readonly HashSet<Guid> _created = [];

    public void Begin()
    {
        foreach (var i in Enumerable.Range(0, Deployments))
        {
            world.Schedule(TimeSpan.FromSeconds(1 + i), () => Do(n => RegisterAsync(n, Draw(i))));
        }

        Next();
    }

    /// <summary>Whoever serves files registers them again at every start, and somebody may be in a hurry.</summary>
    public void OnNodeStarted()
    {
        if (random.Next(3) == 0)
        {
            // While the node still reads what it needs to know.
            world.Schedule(TimeSpan.FromTicks(random.Next(200_000)), () => Do(SetLimitAsync));
            world.Schedule(TimeSpan.FromTicks(random.Next(200_000)), () => Do(SubmitAsync));
        }

        if (random.Next(2) == 0)
        {
            foreach (var spec in _declared.Values.ToArray())
            {
                world.Schedule(TimeSpan.FromMilliseconds(random.Next(2000)), () => Do(n => RegisterAsync(n, spec)));
            }
        }
    }

    private void Next()
    {
        // Mostly now and then, sometimes all at once.
        var pause = random.Next(6) == 0 ? TimeSpan.FromMilliseconds(random.Next(200))
            : TimeSpan.FromSeconds(random.Next(world.Cluster is null ? 600 : 9));
        world.Schedule(pause, () =>
        {
            if (world.Store.HasFaults)
            {
                Do(ActAsync);
                Next();
            }
        });
    }

    private void Do(Func<IRunnerNode, Task> act)
    {
        if (world.AnyNode() is { } node)
        {
            _ = GuardAsync(node, act);
        }
    }

    private async Task GuardAsync(IRunnerNode node, Func<IRunnerNode, Task> act)
    {
        try
        {
            await act(node).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            world.Fail("no request throws", e.ToString());
        }
    }

    private Task ActAsync(IRunnerNode node) => random.Next(42) switch
    {
        < 16 => SubmitAsync(node),
        < 22 => CancelAsync(node),
        < 24 => RetryAsync(node),
        < 26 => PauseAsync(node),
        < 29 => ResumeAsync(node),
        < 32 => RegisterAsync(node, Changed()),
        < 34 => DeleteAsync(node),
        < 37 => SetLimitAsync(node),
        < 38 => DeleteLimitAsync(node),
        < 39 => PruneAsync(node),
        < 41 => SwitchAsync(node),
        _ => LookAsync(node),
    };

    private async Task SubmitAsync(IRunnerNode node)
    {
        if (world.Ledger.OpenRuns.Count > (world.Cluster is null ? MostOpenRuns : MostOpenRuns / 2))
        {
            return;
        }

        var name = AnyName();
        var key = random.Next(2) == 0 ? null : $"key-{random.Next(40)}";
        DateTimeOffset? at = random.Next(6) > 0 ? null
            : world.Wall + TimeSpan.FromSeconds(world.Cluster is null ? random.Next(3600) - 600 : random.Next(150) - 50);
        var command = new SubmitRun(name, At: at, Priority: random.Next(3) == 0 ? random.Next(5) : null, IdempotencyKey: key, KeyOnly: key is not null
            && random.Next(2) == 0);
        var twice = key is not null && random.Next(3) == 0 ? SubmitAsync(node, command) : Task.CompletedTask;
        await SubmitAsync(node, command).ConfigureAwait(false);
        await twice.ConfigureAwait(false);
    }

    private async Task SubmitAsync(IRunnerNode node, SubmitRun command)
    {
        var reply = Heard($"submit {command.Deployment} {command.IdempotencyKey}", await node.AskAsync(command, default).ConfigureAwait(false));
        if (reply.Value is not { } submitted)
        {
            return;
        }

        Promised(submitted);
        if (command.IdempotencyKey is { } key && !_keys.TryAdd((command.Deployment, key), submitted.Id)
            && _keys[(command.Deployment, key)] != submitted.Id)
        {
            world.Fail("the same key is the same run", $"{key} of {command.Deployment} is {submitted.Id} and was another run before");
        }
    }

    private void Promised(RunSubmitted submitted)
    {
        if (submitted.Created && !_created.Add(submitted.Id) && !world.Ledger.WasErased(submitted.Id))
        {
            world.Fail("a run is made once", $"run {submitted.Id} was said to be made twice");
        }

        // Somebody may be told of a run that ended long ago in the very moment in which it is deleted.
        if (!world.Ledger.Runs.ContainsKey(submitted.Id) && (submitted.Created || !world.Ledger.ErasedRuns.Contains(submitted.Id)))
        {
            world.Fail("a submission is acknowledged once it is durable", $"run {submitted.Id} is not in the store");
        }

        _known.Add(submitted.Id);
    }

    private async Task CancelAsync(IRunnerNode node)
    {
        var open = world.Ledger.OpenRuns;
        var run = open.Count > 0 && random.Next(5) > 0 ? open.ElementAt(random.Next(open.Count)).Key : AnyKnown();
        if (run is not { } id)
        {
            return;
        }

        if (random.Next(3) == 0 && world.Ledger.Runs.GetValueOrDefault(id)?.LiveProcess is { } process)
        {
            // The program ends just then, by itself.
            world.EndSoon(process);
        }

        var reply = Heard($"cancel {id}", await node.AskAsync(new CancelRun(id, "The user wants it so."), default).ConfigureAwait(false));
        if (reply.Value is not null && world.Ledger.Runs.TryGetValue(id, out var record))
        {
            var state = record.State;
            record.CancelAccepted = true;
            if (state.Phase != Actors.FlowRuns.RunPhase.Ended && !world.Ledger.WasErased(id) && state.Stopping is not { Reason: StopReason.Cancel })
            {
                world.Fail("a cancellation is acknowledged once it is durable", $"run {id} is {state.Phase}");
            }
        }
    }

    private async Task RetryAsync(IRunnerNode node)
    {
        if (AnyKnown() is { } id)
        {
            var key = random.Next(2) == 0 ? null : $"retry-{random.Next(3)}";
            var reply = Heard($"retry {id}", await node.AskAsync(new RetryRun(id, key), default).ConfigureAwait(false));
            if (reply.Value is { } submitted)
            {
                Promised(submitted);
                // In a cluster the answer to the first may come after that to the second.
                if (world.Cluster is null && submitted.Created && _known.IndexOf(submitted.Id) < _known.Count - 1
                    && !world.Ledger.WasErased(submitted.Id))
                {
                    world.Fail("a second request with a key is answered with the run of the first", $"{submitted} was known before");
                }
            }
        }
    }

    private async Task PauseAsync(IRunnerNode node)
    {
        var name = AnyName();
        var reason = random.Next(2) == 0 ? PauseReason.Shutdown : PauseReason.User;
        Heard($"pause {name}", await node.AskAsync(new PauseDeployment(name, reason), default).ConfigureAwait(false));
    }

    private async Task ResumeAsync(IRunnerNode node)
    {
        var name = AnyName();
        Heard($"resume {name}", await node.AskAsync(new ResumeDeployment(name), default).ConfigureAwait(false));
    }

    private async Task SwitchAsync(IRunnerNode node)
    {
        var name = AnyName();
        var known = world.Ledger.Deployments.GetValueOrDefault(name)?.State.Schedules ?? [];
        var schedule = known.IsEmpty ? "none" : known[random.Next(known.Length)].Id;
        var active = random.Next(2) == 0;
        var reply = Heard(
            $"switch {name} {schedule} {(active ? "on" : "off")}",
            await node.AskAsync(new SwitchSchedule(name, schedule, active), default).ConfigureAwait(false));
        if (reply.Value is not null && world.Cluster is null && world.Ledger.Deployments[name].State is { Exists: true } state
            && state.Schedules.FirstOrDefault(s => s.Id == schedule) is { } after && state.PlaceOf(after).Active is { } now && now != active)
        {
            world.Fail("a switch is acknowledged once it is durable", $"{schedule} of {name} was to be {(active ? "on" : "off")}");
        }
    }

    private async Task RegisterAsync(IRunnerNode node, DeploymentSpec spec)
    {
        _declared[spec.Name] = spec;
        var reply = Heard(
            $"register {spec.Name}", await node.AskAsync(new RegisterDeployments([spec], random.Next(10) == 0), default).ConfigureAwait(false));
        if (reply.Refusal is DeploymentInvalid invalid)
        {
            world.Fail("what the user declares is possible", invalid.Message);
        }
    }

    private async Task DeleteAsync(IRunnerNode node)
    {
        var name = AnyName();
        _declared.Remove(name);
        var runs = random.Next(2) == 0 ? RunsOnDelete.Cancel : RunsOnDelete.Keep;
        Heard($"delete {name} {runs}", await node.AskAsync(new DeleteDeployment(name, runs), default).ConfigureAwait(false));
    }

    private async Task SetLimitAsync(IRunnerNode node)
    {
        var command = new SetLimit(Recipes.Limits[random.Next(Recipes.Limits.Length)], 1 + random.Next(4));
        Heard($"set {command.Name} to {command.Size}", await node.AskAsync(command, default).ConfigureAwait(false));
    }

    private async Task DeleteLimitAsync(IRunnerNode node)
    {
        var command = new DeleteLimit(Recipes.Limits[random.Next(Recipes.Limits.Length)]);
        Heard($"delete limit {command.Name}", await node.AskAsync(command, default).ConfigureAwait(false));
    }

    private async Task PruneAsync(IRunnerNode node)
    {
        var command = new PruneRuns(
            random.Next(2) == 0 ? TimeSpan.FromMinutes(random.Next(120)) : null, random.Next(3) == 0 ? random.Next(50) : null,
            random.Next(3) == 0 ? AnyName() : null, DryRun: random.Next(4) == 0);
        var before = world.Statistics.Erased;
        var reply = Heard("prune", await node.AskAsync(command, default).ConfigureAwait(false));
        if (reply.Value is { } report && !command.DryRun && world.Statistics.Erased - before < report.Runs)
        {
            world.Fail("what is said to be deleted is deleted", $"{report} while {world.Statistics.Erased - before} runs were");
        }
    }

    private async Task LookAsync(IRunnerNode node)
    {
        Heard("limits", await node.AskAsync(new ListLimits(), default).ConfigureAwait(false));
        Heard("runs", await node.AskAsync(new ListRuns(Limit: 5), default).ConfigureAwait(false));
        if (AnyKnown() is { } id)
        {
            Heard($"run {id}", await node.AskAsync(new GetRun(id), default).ConfigureAwait(false));
        }

        await node.HealthAsync(default).ConfigureAwait(false);
    }

    private Reply<T> Heard<T>(string what, Reply<T> reply)
    {
        world.Statistics.Requests++;
        world.Note($"user: {what}: {(reply.Refusal is { } refusal ? refusal.Code : "ok")}");
        return reply;
    }

    private DeploymentSpec Changed()
    {
        var i = random.Next(Deployments);
        if (!_declared.TryGetValue(Name(i), out var spec) || random.Next(4) == 0)
        {
            return Draw(i);
        }

        return random.Next(4) switch
        {
            3 => spec with { Schedules = [.. spec.Schedules.Select(s => Recipes.Bounded(random, world.Wall, s))] },
            0 => spec with { Schedules = [.. spec.Schedules.Skip(1), Recipes.Schedule(random, world.Wall, world.Cluster is null ? 1 : 10)] },
            1 => spec with { Concurrency = random.Next(3) == 0 ? null : new ConcurrencySpec(1 + random.Next(3)) },
            _ => spec with { Schedules = [.. spec.Schedules.Select(s => s with { Active = random.Next(3) == 0 ? false : null })] },
        };
    }

    private DeploymentSpec Draw(int i) => world.Cluster is null ? Recipes.Draw(random, Name(i), world.Wall)
        : Recipes.DrawForCluster(random, Name(i), world.Wall);

    private string AnyName() => Name(random.Next(Deployments));

    private static string Name(int i) => $"flow/{(char)('a' + i)}";

    private Guid? AnyKnown() => _known.Count == 0 ? null : _known[random.Next(_known.Count)];
}
