using Runner.Actors.FlowRunners;
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
    /// <summary>How long a step of the clock is spoken of.</summary>
    private static readonly TimeSpan StepIsNews = TimeSpan.FromHours(1);

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

    /// <param name="starts">Null for a flow runner that keeps nothing waiting.</param>
    public static HealthCheck? Programs(IStartTrouble? starts) => starts is null ? null
        : starts.StartTrouble is { } trouble ? new HealthCheck("programs", false, trouble)
        : new HealthCheck("programs", true, "Programs can be started.");

    public static async Task<HealthCheck> AlarmsAsync(IActorRef alarms, ActorSystem system, IClock clock, CancellationToken cancel)
    {
        try
        {
            var status = await alarms.Ask<AlarmStatus>(GetAlarmStatus.Instance, AnswerWithin, system, cancel).ConfigureAwait(false);
            var behind = clock.UtcNow - status.ReadUntil;
            return behind <= TimeSpan.Zero
                ? new HealthCheck("alarms", true, $"Wake-ups are read and on time.{Step(status.LastStep)}")
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

    private static string Step(ClockStep? step) => step is null || step.Ago > StepIsNews ? ""
        : $" The machine's clock went {(step.By < TimeSpan.Zero ? "back" : "forward")} by {Whole(step.By.Duration())}, {Whole(step.Ago)} ago.";

    private static string Whole(TimeSpan time) => DurationText.Format(TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds)));
}
