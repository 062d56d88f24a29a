using Runner.Actors;
using Runner.Entities.Store;
using Runner.InMemoryStore;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>
/// The store itself: it lives on whatever happens to nodes, and has faults by seed. Every commit that stands is shown to the ledger.
/// </summary>
internal sealed class StoreMachine(World world, SimulatedRandom random, TimeProvider time)
{
    /// <summary>How long entities pause at most before they read again.</summary>
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(30);

    private readonly List<(TimeSpan From, TimeSpan Until)> _troubles = [];
    private TimeSpan _awayUntil;
    private TimeSpan _fullUntil;
    private TimeSpan _slowUntil;
    private TimeSpan _flakyUntil;

    public World World => world;

    public InMemoryEntityStore Memory { get; } = new(Tables.All, time);

    /// <summary>False once the world is left in peace.</summary>
    public bool HasFaults { get; set; } = true;

    /// <summary>Told of every commit when it is sent; where bugs are planted.</summary>
    public Action<EntityCommit>? OnSent { get; set; }

    /// <summary>Changes a commit on its way; where bugs are planted.</summary>
    public Func<EntityCommit, EntityCommit>? Tamper { get; set; }

    /// <summary>Since when every call has been answered truthfully and soon.</summary>
    public TimeSpan TroubleUntil { get; private set; }

    /// <summary>When the trouble began that there was at a time; the time itself if there was none.</summary>
    public TimeSpan TroubleAround(TimeSpan time)
    {
        for (var i = _troubles.Count - 1; i >= 0; i--)
        {
            var (from, until) = _troubles[i];
            time = from < time && until + Aftermath >= time ? from : time;
        }

        return time;
    }

    /// <summary>The store is away for so long: every call fails.</summary>
    public void GoAway(TimeSpan duration) => Trouble($"store: away for {duration}", ref _awayUntil, duration);

    /// <summary>The store is full for so long: every commit is refused.</summary>
    public void FillUp(TimeSpan duration) => Trouble($"store: full for {duration}", ref _fullUntil, duration);

    /// <summary>Calls take seconds for so long.</summary>
    public void SlowDown(TimeSpan duration) => Trouble($"store: slow for {duration}", ref _slowUntil, duration);

    /// <summary>One call in five fails, or its answer is lost, for so long.</summary>
    public void Flicker(TimeSpan duration) => Trouble($"store: flaky for {duration}", ref _flakyUntil, duration);

    /// <summary>Something else is wrong for so long that explains waiting.</summary>
    public void Disturb(string note, TimeSpan duration)
    {
        var until = TimeSpan.Zero;
        Trouble(note, ref until, duration);
    }

    public bool IsAway => HasFaults && world.Elapsed < _awayUntil;

    public void Heal()
    {
        HasFaults = false;
        Quiet();
    }

    /// <summary>Every trouble ends now; others may come.</summary>
    public void Quiet() =>
        _awayUntil = _fullUntil = _slowUntil = _flakyUntil = TimeSpan.Zero;

    public Fate NextFate(bool isCommit)
    {
        var now = world.Elapsed;
        var until = Latency(now);
        var answer = Latency(now);
        if (!HasFaults)
        {
            return new Fate(until, answer, true, null);
        }

        if (now < _awayUntil)
        {
            // A connection may break after the commit has arrived.
            return Lost(until, answer, isCommit && random.Next(20) == 0);
        }

        if (isCommit && now < _fullUntil)
        {
            return Failed(until, answer, false, new StoreFullException("The simulated disk is full."));
        }

        var roll = random.NextDouble();
        var (fails, loses) = now < _flakyUntil ? (0.1, 0.2) : world.Cluster is not null ? (0, 0) : (0.001, 0.003);
        return roll < fails ? Lost(until, answer, false)
            : roll < loses && isCommit ? Lost(until, answer, true)
            : new Fate(until, answer, true, null);
    }

    public void Sent(EntityCommit commit) => OnSent?.Invoke(commit);

    public CommitResult Commit(EntityCommit commit)
    {
        commit = Tamper?.Invoke(commit) ?? commit;
        var result = Memory.CommitAsync(commit).GetAwaiter().GetResult();
        world.Statistics.Commits++;
        if (result is CommitResult.Committed committed)
        {
            world.Ledger.Committed(commit, committed);
        }
        else
        {
            world.Note($"store: {commit.Writes[0].Entity} refused: {result}");
        }

        return result;
    }

    private Fate Lost(TimeSpan until, TimeSpan answer, bool happens) =>
        Failed(until, answer, happens, new StoreUnavailableException("The simulated store did not answer."));

    private Fate Failed(TimeSpan until, TimeSpan answer, bool happens, StoreException failure)
    {
        world.Statistics.Faults++;
        TroubleUntil = world.Elapsed;
        return new Fate(until, answer, happens, failure);
    }

    private TimeSpan Latency(TimeSpan now) => HasFaults && now < _slowUntil && random.Next(4) == 0
        ? TimeSpan.FromMilliseconds(200 + random.Next(12_000))
        : TimeSpan.FromTicks(1 + random.Next(30_000));

    private void Trouble(string note, ref TimeSpan until, TimeSpan duration)
    {
        world.Note(note);
        until = world.Elapsed + duration;
        TroubleUntil = until > TroubleUntil ? until : TroubleUntil;
        _troubles.Add((world.Elapsed, until));
    }
}
