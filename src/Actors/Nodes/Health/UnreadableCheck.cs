using System.Globalization;
using Runner.Entities.Unreadable;
using Runner.Messages;
using Runner.Messages.Nodes;

namespace Runner.Actors.Nodes.Health;

/// <summary>Which entities rest because something of what is kept of them cannot be read. All others go on.</summary>
internal sealed class UnreadableCheck(UnreadableEntities unreadable) : IHealthCheck
{
    private const string Name = "unreadable-entities";

    private const int Named = 10;

    public Task<HealthCheck> CheckAsync(CancellationToken cancel)
    {
        var (count, first) = unreadable.Look(Named);
        return Task.FromResult(count == 0
            ? new HealthCheck(Name, true, "Whatever was read of the store could be read.")
            : new HealthCheck(Name, false, Words(count, first), Partial: true));
    }

    private static string Words(int count, IReadOnlyList<UnreadableEntity> first)
    {
        var named = string.Join(" ", first.Select(e =>
            e.Sequence > 0 ? $"{e.Entity}: its event {e.Sequence} {e.Problem} (`{UnreadableWords.SkipCommand(e.Entity.ToString(), e.Sequence)}`)."
                : $"{e.Entity}: {e.Problem}."));
        var more = count > first.Count
            ? string.Create(CultureInfo.InvariantCulture, $" And {count - first.Count:N0} more: `runner verify` finds them all.") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{count:N0} {(count == 1 ? "entity" : "entities")} cannot be read and {(count == 1 ? "rests" : "rest")}; everything else goes on. ")
            + $"{named}{more} Restore a backup from before the damage, or leave the events out with those commands.";
    }
}
