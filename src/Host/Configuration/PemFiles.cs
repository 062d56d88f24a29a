using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Runner.Host.Configuration;

/// <summary>Reads the files of TLS, and says which of them is missing or wrong.</summary>
internal static class PemFiles
{
    /// <summary>All certificates in a file; at least one.</summary>
    /// <exception cref="NodeStartException">There is none, or no file.</exception>
    public static X509Certificate2Collection Certificates(string file) => Read(file, "certificates in PEM", () =>
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(file);
        return all.Count > 0 ? all : throw new CryptographicException("there is none in it");
    });

    /// <summary>A certificate with its key, which its owner alone may read.</summary>
    /// <exception cref="NodeStartException">One of the files is missing or wrong, or others may read the key.</exception>
    public static X509Certificate2 WithKey(string certificate, string key)
    {
        if (SecretFile.OpenToOthers(key) is { } open)
        {
            throw new NodeStartException(open);
        }

        Read(certificate, "a certificate in PEM", () => X509CertificateLoader.LoadCertificateFromFile(certificate)).Dispose();
        return Read(
            key, $"the private key of the certificate in {certificate}, in PEM", () => X509Certificate2.CreateFromPemFile(certificate, key));
    }

    private static T Read<T>(string file, string what, Func<T> read)
    {
        try
        {
            return File.Exists(file) ? read() : throw new NodeStartException($"There is no file {file}; expected {what}.");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new NodeStartException($"{file} does not hold {what} ({e.Message.TrimEnd('.')}).", e);
        }
    }
}
