using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Runner.Cli;
using Runner.Cli.Terminal;
using Runner.Hocon;
using Runner.Host.Configuration;

namespace Runner.Host.Commands;

/// <summary>`runner config show`: the settings a node would start with, checked as it would check them.</summary>
internal sealed class ConfigShow(HostEnvironment environment)
{
    /// <returns>The exit code: 2 if a setting is wrong, as for `runner node`.</returns>
    public int Run(string? config, bool json)
    {
        var reader = new NodeOptionsReader(environment.Variable);
        var (options, mistakes) = reader.Read(new NodeFlags { Config = config });
        if (options is null)
        {
            environment.Error.Write($"{environment.ErrorStyle.Red("error:")} {string.Join('\n', mistakes)}\n");
            environment.Error.Flush();
            return ExitCodes.Usage;
        }

        environment.Output.Write(json ? Json(options, reader) : Text(options, reader));
        environment.Output.Flush();
        return ExitCodes.Success;
    }

    private string Text(NodeOptions options, NodeOptionsReader reader)
    {
        var table = new Table("SETTING", "VALUE", "FROM");
        foreach (var setting in NodeSetting.All)
        {
            table.Add(setting.Path, TextOf(setting.Value(options)), reader.OriginOf(setting));
        }

        foreach (var entry in options.Akka.Entries)
        {
            var shown = Secrets.Without(entry);
            table.Add(entry.Path, shown is HoconScalar { Text.Length: > 0 } scalar ? scalar.Text : shown.ToJson(), entry.From);
        }

        return table.Render(environment.OutputStyle);
    }

    private static string TextOf(object? value) => value switch
    {
        null => "off",
        bool b => b ? "true" : "false",
        ImmutableArray<string> { IsEmpty: true } => "none",
        ImmutableArray<string> names => string.Join(", ", names),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Json(NodeOptions options, NodeOptionsReader reader)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (var setting in NodeSetting.All)
            {
                writer.WriteStartObject(setting.Path);
                writer.WritePropertyName("value");
                Write(writer, setting.Value(options));
                writer.WriteString("from", reader.OriginOf(setting));
                writer.WriteEndObject();
            }

            foreach (var entry in options.Akka.Entries)
            {
                writer.WriteStartObject(entry.Path);
                writer.WritePropertyName("value");
                writer.WriteRawValue(Secrets.Without(entry).ToJson());
                writer.WriteString("from", entry.From);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length) + "\n";
    }

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool b:
                writer.WriteBooleanValue(b);
                break;
            case int or long:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ImmutableArray<string> names:
                writer.WriteStartArray();
                foreach (var name in names)
                {
                    writer.WriteStringValue(name);
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteStringValue(TextOf(value));
                break;
        }
    }
}
