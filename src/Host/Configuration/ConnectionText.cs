using System.Data.Common;
using System.Text.RegularExpressions;

namespace Runner.Host.Configuration;

/// <summary>How a database is reached, as it was written. It may hold a password: whoever prints it prints it without.</summary>
/// <param name="Value">With the password, if there is one in it.</param>
internal sealed partial record ConnectionText(string Value)
{
    /// <summary>What stands for a secret.</summary>
    public const string Hidden = "(hidden)";

    /// <summary>Whether a password stands in it.</summary>
    public bool HasPassword => Passwords().IsMatch(Value);

    /// <summary>Any text, without the passwords of connections in it.</summary>
    public static string Without(string text) =>
        Addresses().Replace(Passwords().Replace(text, m => m.Groups[1].Value + Hidden), m => m.Groups[1].Value + Hidden);

    /// <summary>Reads <c>Name=value;Name=value</c>; null if it is none.</summary>
    public static ConnectionText? TryParse(string text)
    {
        try
        {
            return new DbConnectionStringBuilder { ConnectionString = text }.Count > 0 ? new ConnectionText(text) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Without(Value);

    // As Npgsql names it, and its certificate's («SSL Password»); quoted, or up to the next part.
    [GeneratedRegex(
        """((?:password|passwd|pwd|psw)\s*=\s*)(?:"(?:[^"]|"")*"?|'(?:[^']|'')*'?|[^;]+)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Passwords();

    // A name and a password in an address. Npgsql takes none, but people write them.
    [GeneratedRegex("""([a-z][a-z0-9+.-]*://[^/\s:@]*:)[^/\s@]+(?=@)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Addresses();
}
