using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Runner.Cli.Terminal;
using Runner.Messages.Http;

namespace Runner.Cli.Arguments;

/// <summary>How much of a list a command shows: <c>--limit</c>, <c>--all</c> and <c>--after</c>. The node's pages are put together unseen.</summary>
/// <param name="usual">How many there are shown if nothing is said.</param>
internal sealed class PageOptions(int usual)
{
    public Option<int?> Limit { get; } = Values.Integer(
        "--limit", string.Create(CultureInfo.InvariantCulture, $"How many at most ({usual})."), 1, 1_000_000);

    public Option<bool> All { get; } = new("--all") { Description = "All there are, from --after on; goes before --limit." };

    public Option<string?> After { get; } = Values.Text("--after", "Go on after there: what the last list said.", "CURSOR");

    /// <summary>Prints the list, as a page with <c>--json</c>; if there is more, says which command goes on.</summary>
    /// <param name="page">Reads a page of at most so many after a cursor.</param>
    /// <param name="with">The last page with the items of all.</param>
    /// <param name="filters">The options that the command was given besides.</param>
    public async Task<int> ShowAsync<TPage, T>(
        ClientCall call, Func<int, string?, Task<TPage>> page, Func<TPage, ImmutableArray<T>, TPage> with, JsonTypeInfo<TPage> json,
        Func<ImmutableArray<T>, string> render, string command, params (string Name, string? Value)[] filters)
        where TPage : IPage<T>
    {
        var all = await ReadAsync(call, page, with).ConfigureAwait(false);
        call.Say(all, json, _ => render(all.Items));
        if (all.Next is { } next && !call.Json)
        {
            string[] argv = [.. filters.Where(f => f.Value is not null).SelectMany(f => (string[])[f.Name, f.Value!]), "--after", next];
            call.Context.WriteErrorLine($"More: {command} {Printable.Command(argv)}");
        }

        return ExitCodes.Success;
    }

    /// <summary>
    /// Reads one page, or pages until there are as many as asked for if that is more than a page, or no more. A page may be empty and not the last.
    /// </summary>
    private async Task<TPage> ReadAsync<TPage, T>(ClientCall call, Func<int, string?, Task<TPage>> page, Func<TPage, ImmutableArray<T>, TPage> with)
        where TPage : IPage<T>
    {
        var left = call.Get(All) ? int.MaxValue : call.Get(Limit) ?? usual;
        var items = ImmutableArray.CreateBuilder<T>();
        TPage last;
        var after = call.Get(After);
        do
        {
            last = await page(Math.Min(left - items.Count, Pages.Most), after).ConfigureAwait(false);
            items.AddRange(last.Items);
            after = last.Next;
        }
        while (after is not null && items.Count < left && (left > Pages.Most || items.Count == 0));

        return with(last, items.DrainToImmutable());
    }
}
