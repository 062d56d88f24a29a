namespace Runner.Host.Configuration;

/// <summary>Where a node keeps its data when nobody says otherwise.</summary>
internal static class DataFolder
{
    private const string Name = "runner-actors";

    /// <summary><c>$XDG_DATA_HOME/runner-actors</c>, or <c>~/.local/share/runner-actors</c>; null if there is no home either.</summary>
    /// <param name="variable">Reads an environment variable; null if it is not set.</param>
    public static string? Default(Func<string, string?> variable)
    {
        // The XDG specification has a relative path ignored.
        if (variable("XDG_DATA_HOME") is { Length: > 0 } xdg && Path.IsPathFullyQualified(xdg))
        {
            return Path.Combine(xdg, Name);
        }

        var home = variable("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home is { Length: > 0 } ? Path.Combine(home, ".local", "share", Name) : null;
    }
}
