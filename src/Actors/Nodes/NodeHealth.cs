using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Engine.Entities;
using Runner.Engine.Store;
using Runner.Messages;
using Runner.Messages.Nodes;

namespace Runner.Actors.Nodes;

/// <summary>What can be wrong with a node, in sentences.</summary>
internal static class NodeHealth
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

    public static async Task<HealthCheck> StoreAsync(IEntityStore store)
    {
        try
        {
            await store.PingAsync().ConfigureAwait(false);
            return new HealthCheck("store", true, "The store answers.");
        }
        catch (StoreException e)
        {
            return new HealthCheck("store", false, e.Message);
        }
    }

    public static async Task<HealthCheck> AlarmsAsync(IActorRef alarms, ActorSystem system, IClock clock, CancellationToken cancel)
    {
        try
        {
            var status = await alarms.Ask<AlarmStatus>(GetAlarmStatus.Instance, AnswerWithin, system, cancel).ConfigureAwait(false);
            var behind = clock.UtcNow - status.ReadUntil;
            return behind <= TimeSpan.Zero
                ? new HealthCheck("alarms", true, "Wake-ups are read and on time.")
                : new HealthCheck(
                    "alarms", false,
                    $"Wake-ups have not been read for {DurationText.Format(TimeSpan.FromSeconds(Math.Ceiling(behind.TotalSeconds)))} longer than they should: "
                    + "schedules are late. The store is slow or away; see its check.");
        }
        catch (AskTimeoutException)
        {
            return new HealthCheck("alarms", false, "The alarm clock does not answer: the node is overloaded or being stopped.");
        }
    }
}
