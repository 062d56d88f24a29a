using System.Collections.Immutable;
using System.Text.Json;
using Runner.Messages.Serialization;

namespace Runner.Cli.Terminal;

/// <summary>Names and values, one a line; those without a value are left out.</summary>
internal static class Fields
{
    private const int NameWidth = 13;

    public static string Render(CliContext context, params ReadOnlySpan<(string Name, Cell Value)> fields)
    {
        var lines = new System.Text.StringBuilder();
        foreach (var (name, value) in fields)
        {
            if (value.Text.Length > 0)
            {
                lines.Append(context.Style.Bold(name)).Append(' ', Math.Max(1, NameWidth - name.Length))
                    .Append(value.Paint?.Invoke(value.Text) ?? value.Text).Append('\n');
            }
        }

        return lines.ToString();
    }

    /// <summary>Null for none.</summary>
    public static string? Json(ImmutableSortedDictionary<string, JsonElement> parameters) => parameters.IsEmpty
        ? null
        : JsonSerializer.Serialize(parameters, MessagesJson.Default.ImmutableSortedDictionaryStringJsonElement);
}
