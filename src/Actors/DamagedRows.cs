using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Runner.Entities.Store;
using Runner.Entities.Unreadable;
using Serilog;

namespace Runner.Actors;

/// <summary>
/// Rows that were read and mean nothing, since they are damaged: whoever meets one leaves it out and goes on. They are remembered for whoever asks
/// how the node is, and not more than one line a minute is logged about them. Thread-safe.
/// </summary>
internal sealed class DamagedRows(TimeProvider time, ILogger log)
{
    /// <summary>More are not remembered.</summary>
    private const int Most = 1_000;

    private static readonly TimeSpan BetweenLines = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly SortedDictionary<(string Table, string Key), string> _found = [];
    private long? _lastLine;
    private volatile int _count;

    /// <summary>How many were met, and the first of them.</summary>
    public (int Count, ImmutableArray<(string Table, string Key, string Problem)> First) Look(int atMost)
    {
        lock (_lock)
        {
            return (_found.Count, [.. _found.Take(atMost).Select(f => (f.Key.Table, f.Key.Key, f.Value))]);
        }
    }

    /// <summary>A row cannot be read.</summary>
    /// <param name="problem">As the end of a sentence about the row.</param>
    public void Found(string table, string key, string problem)
    {
        lock (_lock)
        {
            if (_found.ContainsKey((table, key)) || _found.Count == Most)
            {
                return;
            }

            _found.Add((table, key), problem);
            _count = _found.Count;
            if (_lastLine is { } last && time.GetElapsedTime(last) < BetweenLines)
            {
                return;
            }

            _lastLine = time.GetTimestamp();
        }

        log.Error(
            "The row {Key} of the table {Table} is left out, since it {Problem:l}; "
            + "`runner health` names those that were found, `runner verify` finds all", key, table, problem);
    }

    /// <summary>What readable rows say; those that are not are left out.</summary>
    public ImmutableArray<T> Read<T>(TableDefinition table, IEnumerable<Row> rows, Func<Row, T> of)
    {
        var read = ImmutableArray.CreateBuilder<T>();
        foreach (var row in rows)
        {
            if (TryRead(table, row, of, out var value))
            {
                read.Add(value);
            }
        }

        return read.DrainToImmutable();
    }

    /// <summary>What a row says, if it can be read.</summary>
    public bool TryRead<T>(TableDefinition table, Row row, Func<Row, T> of, [MaybeNullWhen(false)] out T value)
    {
        try
        {
            value = of(row);
            if (_count > 0)
            {
                IsWell(table.Name, row.Key);
            }

            return true;
        }
        catch (Exception e) when (e is InvalidCastException or NullReferenceException or FormatException or ArgumentException or OverflowException
            or JsonException)
        {
            Found(table.Name, row.Key, $"cannot be read ({Histories.Sentence(e)})");
            value = default;
            return false;
        }
    }

    // Somebody has mended it, or its entity has written it anew.
    private void IsWell(string table, string key)
    {
        lock (_lock)
        {
            _found.Remove((table, key));
            _count = _found.Count;
        }
    }

    /// <summary>The slots whose holders are runs.</summary>
    public ImmutableArray<SlotRow> Read(ImmutableArray<SlotRow> slots)
    {
        if (slots.All(slot => EntityKinds.IsRun(slot.Holder)))
        {
            return slots;
        }

        foreach (var slot in slots.Where(slot => !EntityKinds.IsRun(slot.Holder)))
        {
            Found(
                "slots", string.Create(CultureInfo.InvariantCulture, $"{slot.Limit}/{slot.Number}"), $"is held by «{slot.Holder}», which is no run");
        }

        return [.. slots.Where(slot => EntityKinds.IsRun(slot.Holder))];
    }
}
