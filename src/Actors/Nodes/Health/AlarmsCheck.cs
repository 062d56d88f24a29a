using Runner.Entities;
using Runner.Entities.Alarms;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Nodes;

namespace Runner.Actors.Nodes.Health;

/// <summary>Whether wake-ups are read in time, and acted on.</summary>
internal sealed class AlarmsCheck(AlarmBoard board, IEntityStore store, TimeProvider time, Func<EntityKey, bool> rests) : IHealthCheck
{
    private const string Name = "alarms";

    /// <summary>How long after a step of the clock its message says so.</summary>
    private static readonly TimeSpan StepIsTold = TimeSpan.FromHours(1);

    /// <summary>So many of those that are due are looked at at once for one that should have acted.</summary>
    private const int AtOnce = 100;

    /// <summary>A wake-up that was lost rings again after one minute; whatever is due for longer is stuck.</summary>
    private static readonly TimeSpan Patience = 2 * AlarmWorker.RingAgain;

    public async Task<HealthCheck> CheckAsync(CancellationToken cancel)
    {
        try
        {
            return board.Behind is not { } behind ? new HealthCheck(
                Name, false, "Wake-ups have not been read yet: the node is starting, or its store is away.")
                : behind > TimeSpan.Zero
                ? new HealthCheck(
                    Name, false,
                    $"Wake-ups have not been read for {Words(behind)} longer than they should: "
                    + "schedules are late. The store is slow or away; see its check.")
                : await OverdueAsync(Step(board.LastStep)).ConfigureAwait(false);
        }
        catch (StoreException)
        {
            // One cause is one finding, and this one is the store's.
            return new HealthCheck(Name, true, "Wake-ups were read in time; whether all have acted cannot be read now, see the store's check.");
        }
    }

    private async Task<HealthCheck> OverdueAsync(string step)
    {
        // Those that only want to be in memory are due from the start, and stay so.
        var first = new WakeUp(new EntityKey("", ""), EntityWakeUps.FromStartUp.AddMilliseconds(1));
        var now = time.GetUtcNow();
        // Those that cannot be read, and rows that name what cannot be, are another check's finding, however many.
        WakeUp? late = null;
        for (WakeUp? after = first; after is not null && late is null;)
        {
            var due = await store.WakeUpsAsync(now - Patience, after, AtOnce).ConfigureAwait(false);
            late = due.Where(d => !EntityKinds.CannotBe(d.Entity) && !rests(d.Entity)).Select(d => (WakeUp?)d).FirstOrDefault();
            after = due.Length == AtOnce ? due[^1] : null;
        }

        return late is { } oldest
            ? new HealthCheck(
                Name, false,
                $"{oldest.Entity} has been due for {Words(now - oldest.At)} and has not acted: the node is overloaded, "
                + "or its log says what keeps it from it.")
            : new HealthCheck(Name, true, $"Wake-ups are read and on time.{step}");
    }

    private static string Step(ClockStep? step) => step is null || step.Ago > StepIsTold ? ""
        : $" The machine's clock went {(step.By < TimeSpan.Zero ? "back" : "forward")} by {Words(step.By.Duration())}, {Words(step.Ago)} ago.";

    private static string Words(TimeSpan time) => DurationText.Format(TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds)));
}
