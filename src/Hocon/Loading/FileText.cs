using System.Text;
using System.Text.Json;

namespace Runner.Hocon.Loading;

/// <summary>A file's bytes, by whose name its format is known.</summary>
internal sealed record FileText(string Name, byte[] Bytes)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What a name without an extension is tried with, in the order in which the files merge.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".properties", ".json", ".conf"];

    public bool IsJson => Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    public bool IsProperties => Name.EndsWith(".properties", StringComparison.OrdinalIgnoreCase);

    public static bool HasExtension(string name) => Path.GetExtension(name).Length > 1;

    /// <exception cref="HoconException">It is not UTF-8.</exception>
    public string Decode()
    {
        try
        {
            return Strict.GetString(Bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new HoconException(OriginOf(Math.Max(0, e.Index)), "the file is not UTF-8", "valid UTF-8", e);
        }
    }

    /// <summary>The text of a file that has to be JSON, no more.</summary>
    /// <exception cref="HoconException">It is not JSON.</exception>
    public string DecodeJson(int maxNesting)
    {
        var text = Decode();
        var mark = Encoding.UTF8.Preamble;
        var body = Bytes.AsSpan().StartsWith(mark) ? Bytes.AsSpan(mark.Length) : Bytes;
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxNesting });
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            var origin = new HoconOrigin(Name, (int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1);
            throw new HoconException(origin, "the file is not JSON, as its name says it is", "JSON, or a name that ends in .conf", e);
        }

        return text;
    }

    private HoconOrigin OriginOf(int index)
    {
        var before = Bytes.AsSpan(0, Math.Min(index, Bytes.Length));
        return new HoconOrigin(Name, before.Count((byte)'\n') + 1, before.Length - (before.LastIndexOf((byte)'\n') + 1) + 1);
    }
}
