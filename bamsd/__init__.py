"""BAMS, the Backup Appliance Management System."""

__version__ = "0.1.0"
