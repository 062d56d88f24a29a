using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;

namespace Runner.Cli.Arguments;

/// <summary>How much of a list a command shows: <c>--limit</c>, <c>--all</c> and <c>--after</c>. The node's pages are put together unseen.</summary>
/// <param name="usual">How many there are shown if nothing is said.</param>
internal sealed class PageOptions(int usual)
{
    /// <summary>As many as the node gives at once.</summary>
    private const int LargestPage = 1_000;

    public Option<int?> Limit { get; } = Values.Integer("--limit", string.Create(CultureInfo.InvariantCulture, $"How many at most ({usual})."), 1, 1_000_000);

    public Option<bool> All { get; } = new("--all") { Description = "All there are, from --after on; goes before --limit." };

    public Option<string?> After { get; } = Values.Text("--after", "Go on after there: what the last list said.", "CURSOR");

    /// <summary>Reads one page, or pages until there are as many as asked for if that is more than a page, or no more. A page may be empty and not the last.</summary>
    /// <param name="page">Reads a page of at most so many after a cursor.</param>
    /// <returns>The items, and where the list goes on; null at its end.</returns>
    public async Task<(ImmutableArray<T> Items, string? Next)> ReadAsync<TPage, T>(
        ClientCall call, Func<int, string?, Task<TPage>> page, Func<TPage, (ImmutableArray<T> Items, string? Next)> parts)
    {
        var left = call.Get(All) ? int.MaxValue : call.Get(Limit) ?? usual;
        var items = ImmutableArray.CreateBuilder<T>();
        var after = call.Get(After);
        do
        {
            var (some, next) = parts(await page(Math.Min(left - items.Count, LargestPage), after).ConfigureAwait(false));
            items.AddRange(some);
            after = next;
        }
        while (after is not null && items.Count < left && (left > LargestPage || items.Count == 0));

        return (items.DrainToImmutable(), after);
    }
}
