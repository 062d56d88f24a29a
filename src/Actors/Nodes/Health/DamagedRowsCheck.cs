using System.Globalization;
using Runner.Messages.Nodes;

namespace Runner.Actors.Nodes.Health;

/// <summary>Which rows were met that cannot be read, and so are left out of whatever they belong to.</summary>
internal sealed class DamagedRowsCheck(DamagedRows damaged) : IHealthCheck
{
    private const string Name = "damaged-rows";

    private const int Named = 10;

    public Task<HealthCheck> CheckAsync(CancellationToken cancel)
    {
        var (count, first) = damaged.Look(Named);
        return Task.FromResult(count == 0
            ? new HealthCheck(Name, true, "Whatever rows were read could be read.")
            : new HealthCheck(
                Name, false,
                string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? "row" : "rows")} cannot be read and "
                    + $"{(count == 1 ? "is" : "are")} left out; everything else goes on. ")
                + string.Join(" ", first.Select(f => $"{f.Table} {f.Key}: it {f.Problem}."))
                + " `runner verify` finds all that is damaged and says how to mend it.",
                Partial: true));
    }
}
