using Npgsql;

namespace Runner.Persistence.Postgres;

/// <summary>A connection for statements that are said once.</summary>
internal sealed class PostgresSession(NpgsqlConnection connection)
{
    public async Task<int> ExecuteAsync(string sql, params object[] parameters)
    {
        NpgsqlCommand command = Command(sql, parameters);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
    }

    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] parameters)
    {
        NpgsqlCommand command = Command(sql, parameters);
        await using (command.ConfigureAwait(false))
        {
            NpgsqlDataReader reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                List<T> rows = [];
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    rows.Add(read(reader));
                }

                return rows;
            }
        }
    }

    /// <summary>The one text that a statement gives.</summary>
    public async Task<string> TextAsync(string sql, params object[] parameters) =>
        (await QueryAsync(sql, static row => row.GetString(0), parameters).ConfigureAwait(false))[0];

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        NpgsqlCommand command = new(sql, connection);
        foreach (object parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return command;
    }
}
