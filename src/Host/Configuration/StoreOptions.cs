using System.Data.Common;

namespace Runner.Host.Configuration;

/// <summary>What keeps deployments and runs.</summary>
internal enum StoreKind
{
    /// <summary>A file in the data folder.</summary>
    Sqlite,
    PostgreSql,
}

/// <summary>Where a node's store is.</summary>
/// <param name="Connection">How the database is reached; null for SQLite.</param>
/// <param name="PasswordFile">An absolute path; null if the connection has the password, or there is none.</param>
internal sealed record StoreOptions(StoreKind Kind, ConnectionText? Connection, string? PasswordFile)
{
    private const string Example = "\"Host=db;Database=runner;Username=runner\"";

    /// <summary>
    /// Checks the three settings, each as it was said, and together. No message repeats a connection: there may be a password in it.
    /// </summary>
    public static StoreOptions Read(
        StoreKind kind, string kindSaid, (string? Text, string Origin) connection, (string? Text, string Origin) passwordFile,
        Action<OptionMistake> report)
    {
        var options = new StoreOptions(kind, ReadConnection(connection, report), ReadFile(passwordFile, report));
        if (options.Kind == StoreKind.PostgreSql)
        {
            if (connection.Text is null)
            {
                report(new(kindSaid, $"PostgreSQL has to be reached: set {NodeSetting.StoreConnection.Path}, such as {Example}."));
            }
            else if (options is { Connection.HasPassword: true, PasswordFile: not null })
            {
                report(new(passwordFile.Origin, $"the password stands in {NodeSetting.StoreConnection.Path} already; leave one of them out."));
            }
        }
        else if ((connection.Text is null ? passwordFile : connection) is { Text: not null } needless)
        {
            report(new(needless.Origin, "the embedded store is a file in the data folder and is not connected to; "
                + $"for a database set {NodeSetting.StoreKind.Path} = postgresql."));
        }

        return options;
    }

    /// <summary>What the database's driver is given: the connection, and the password as it stands in its file now. Secret.</summary>
    /// <exception cref="NodeStartException">The file is gone, or others may read it.</exception>
    public string WithPassword()
    {
        var connection = Connection?.Value ?? throw new InvalidOperationException("SQLite has no connection");
        if (PasswordFile is null)
        {
            return connection;
        }

        if (SecretFile.Wrong(PasswordFile) is { } wrong)
        {
            throw new NodeStartException(wrong);
        }

        return new DbConnectionStringBuilder { ConnectionString = connection, ["Password"] = SecretFile.Read(PasswordFile) }.ConnectionString;
    }

    private static ConnectionText? ReadConnection((string? Text, string Origin) said, Action<OptionMistake> report)
    {
        if (said.Text is null)
        {
            return null;
        }

        var connection = ConnectionText.TryParse(said.Text);
        if (connection is null)
        {
            report(new(said.Origin, $"expected a connection as Npgsql takes it, such as {Example}."));
        }
        else if (connection.HasPassword && said.Origin == NodeSetting.StoreConnection.Flag!.Value.Name)
        {
            report(new(said.Origin, "every user of this machine can read a password on the command line; "
                + $"set {NodeSetting.StorePasswordFile.Path} to a file that holds it."));
        }

        return connection;
    }

    private static string? ReadFile((string? Text, string Origin) said, Action<OptionMistake> report)
    {
        if (said.Text is null)
        {
            return null;
        }

        if (string.IsNullOrWhiteSpace(said.Text))
        {
            report(new(said.Origin, "expected a file."));
            return null;
        }

        var path = Path.GetFullPath(said.Text);
        if (SecretFile.Wrong(path) is { } wrong)
        {
            report(new(said.Origin, wrong));
        }

        return path;
    }
}
