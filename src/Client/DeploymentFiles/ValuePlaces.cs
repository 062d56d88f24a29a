using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Runner.Client.DeploymentFiles;

/// <summary>Remembers where each part of a free value stands (parameters, a schema): a node's refusal names the part.</summary>
internal static class ValuePlaces
{
    private const int LongestName = 80;

    /// <param name="path">Of the value itself, which is noted by who reads it.</param>
    public static void Note(FileScope scope, YamlItem item, string path)
    {
        switch (item)
        {
            case YamlMap map:
                foreach (var entry in map.Entries)
                {
                    var place = Property(path, entry.Key);
                    scope.Note(place, entry.Line, entry.Column);
                    Note(scope, entry.Value, place);
                }

                break;
            case YamlList list:
                for (var i = 0; i < list.Items.Count; i++)
                {
                    var place = string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]");
                    scope.Note(place, list.Items[i].Line, list.Items[i].Column);
                    Note(scope, list.Items[i], place);
                }

                break;
        }
    }

    /// <summary>Spelled as a node spells it, so that they meet: <c>parameters["first name"]</c> where a name would not read as one.</summary>
    private static string Property(string path, string name)
    {
        var plain = name.Length is > 0 and <= LongestName && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$');
        if (plain)
        {
            return $"{path}.{name}";
        }

        var cut = name.Length <= LongestName ? name.Length : char.IsHighSurrogate(name[LongestName - 1]) ? LongestName - 1 : LongestName;
        return $"{path}[\"{JsonEncodedText.Encode(name.AsSpan(0, cut), JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}"
            + $"{(cut < name.Length ? "…" : "")}\"]";
    }
}
