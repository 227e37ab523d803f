using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Writ.Testing;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>A real rsyslogd with its own configuration, on a free port; killed and started again at will.</summary>
internal sealed partial class Rsyslog : IAsyncDisposable
{
    private const string Program = "/usr/sbin/rsyslogd";
    private readonly bool _isTls;
    private Process? _process;

    private Rsyslog(bool isTls)
    {
        _isTls = isTls;
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        Port = ((IPEndPoint)free.LocalEndpoint).Port;
    }

    public int Port { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("writ-rsyslog-").FullName;

    private string Output => Path.Combine(Folder, "out");

    public static async Task<Rsyslog> StartAsync(bool isTls = false)
    {
        Assert.True(
            File.Exists(Program) && Directory.GetDirectories("/usr/lib", "*-linux-gnu")
                .Any(d => File.Exists(Path.Combine(d, "rsyslog", "lmnsd_gtls.so"))),
            "This test needs a real rsyslog: run 'eng/install' (or: apt-get install rsyslog rsyslog-gnutls).");
        var rsyslog = new Rsyslog(isTls);
        if (isTls) rsyslog.WriteCertificates();
        await File.WriteAllTextAsync(Path.Combine(rsyslog.Folder, "conf"), rsyslog.Configuration());
        await rsyslog.StartAsync();
        return rsyslog;
    }

    public async Task StartAsync()
    {
        _process = Process.Start(new ProcessStartInfo(
            Program, ["-n", "-f", Path.Combine(Folder, "conf"), "-i", Path.Combine(Folder, "pid")])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        await Wait.UntilAsync(async () =>
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, Port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }, "rsyslog listens");
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>The indexes of the records that it wrote, in that order; with what came twice.</summary>
    public IReadOnlyList<long> Indexes() =>
        [.. Index().Matches(Text()).Select(m => long.Parse(m.Groups["index"].Value, CultureInfo.InvariantCulture))];

    public string Text() => File.Exists(Output) ? File.ReadAllText(Output) : "";

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>What docs/siem.md advises: what is read is written before more is read.</summary>
    private string Configuration() => $"""
        global(workDirectory="{Folder}" maxMessageSize="64k" net.enableDNS="off"{(_isTls ? $"""

          DefaultNetstreamDriverCAFile="{Folder}/ca.pem"
          DefaultNetstreamDriverCertFile="{Folder}/server.pem"
          DefaultNetstreamDriverKeyFile="{Folder}/server.key"
        """ : "")})
        main_queue(queue.type="Direct")
        module(load="imtcp"{(_isTls ? """
         StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/certvalid"
        """ : "")})
        input(type="imtcp" address="127.0.0.1" port="{Port}")
        template(name="raw" type="string" string="%rawmsg%\n")
        action(type="omfile" file="{Output}" template="raw" fileCreateMode="0600")

        """;

    private void WriteCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var now = TimeProvider.System.GetUtcNow();
        using var authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        File.WriteAllText(Path.Combine(Folder, "ca.pem"), authority.ExportCertificatePem());
        foreach (var name in (string[])["server", "client"])
        {
            using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var leaf = new CertificateRequest($"CN={name}", own, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost"); // and not 127.0.0.1
            leaf.CertificateExtensions.Add(names.Build());
            using var signed = leaf.Create(
                authority, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
            File.WriteAllText(Path.Combine(Folder, name + ".pem"), signed.ExportCertificatePem());
            File.WriteAllText(Path.Combine(Folder, name + ".key"), own.ExportPkcs8PrivateKeyPem());
        }
    }

    [GeneratedRegex(@"\[writ@32473 index=""(?<index>\d+)""", RegexOptions.None, 1000)]
    private static partial Regex Index();
}
